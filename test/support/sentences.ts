/** One warning of each kind about servers, and one reason of each kind that an import can give, for their texts. */
import { memberText } from '../../src/compose/member-warning.ts';
import { type ImportReason, importReasonText } from '../../src/pat/import/reasons.ts';
import { ANY_SOURCE } from '../../src/pat/target/security.ts';
import { addressWarning, droppedWarning, groupWarning, uncheckedWarning } from '../../src/pat/target/warnings.ts';
import { sampleOf } from './error-facts.ts';
import { idOf } from './samples.ts';

const UNAVAILABLE = sampleOf('CLOUD_UNAVAILABLE');

export const WARNINGS: readonly string[] = [
  addressWarning('10.20.0.99'),
  droppedWarning(['default', 'web'], [{ cidr: ANY_SOURCE, protocol: 'tcp', port: 22 }]),
  droppedWarning(
    [],
    [
      { cidr: '192.0.2.0/24', protocol: 'udp', port: 53 },
      { cidr: '198.51.100.7/32', protocol: 'udp', port: 53 },
    ],
  ),
  uncheckedWarning(UNAVAILABLE),
  groupWarning(idOf(7), [], UNAVAILABLE),
  groupWarning(idOf(7), [idOf(8), idOf(9)], UNAVAILABLE),
  memberText('/usr/local/etc/praas/policy.yaml'),
];

/** A new code does not compile until it is here. */
const REASONS: { readonly [C in ImportReason['code']]: ImportReason & { readonly code: C } } = {
  TARGET_NOT_DNAT: { code: 'TARGET_NOT_DNAT' },
  OPTION_NOT_SUPPORTED: { code: 'OPTION_NOT_SUPPORTED', option: '--random' },
  PROTOCOL_NOT_SUPPORTED: { code: 'PROTOCOL_NOT_SUPPORTED' },
  NOT_ONE_ROUTER_PORT: { code: 'NOT_ONE_ROUTER_PORT' },
  NOT_ONE_SERVER_PORT: { code: 'NOT_ONE_SERVER_PORT' },
  NOT_ONE_GATEWAY_ADDRESS: { code: 'NOT_ONE_GATEWAY_ADDRESS' },
  SOURCE_NOT_A_NETWORK: { code: 'SOURCE_NOT_A_NETWORK' },
  NO_GATEWAY_ADDRESS: { code: 'NO_GATEWAY_ADDRESS' },
  NOT_A_GATEWAY_ADDRESS: { code: 'NOT_A_GATEWAY_ADDRESS', address: '203.0.113.99' },
  SERVER_NOT_BEHIND_ROUTER: {
    code: 'SERVER_NOT_BEHIND_ROUTER',
    facts: { cause: 'NETWORK_ADDRESS', server_ip: '10.20.0.255', network: '10.20.0.0/24' },
  },
  SEVERAL_SERVERS: { code: 'SEVERAL_SERVERS' },
  TOO_MANY_NETWORKS: { code: 'TOO_MANY_NETWORKS', max: 256 },
  MAPPING_NOT_EFFECTIVE: { code: 'MAPPING_NOT_EFFECTIVE', mappingId: idOf(1) },
  MAPPING_TO_OTHER_SERVER: { code: 'MAPPING_TO_OTHER_SERVER', mappingId: idOf(1) },
  MAPPING_WITH_OTHER_NETWORKS: { code: 'MAPPING_WITH_OTHER_NETWORKS', mappingId: idOf(1) },
  OVERLAPS: { code: 'OVERLAPS', rule: '-A custom-PREROUTING -p tcp -j RETURN' },
  SHADOWED: { code: 'SHADOWED' },
};

export const IMPORT_REASONS: readonly string[] = Object.values(REASONS).map(
  (reason) => `${reason.code}: ${importReasonText(reason)}`,
);
