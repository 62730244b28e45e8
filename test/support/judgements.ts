/** One judgement of each kind that the doctor can give, and one hop of each kind that a check can give, for their texts. */
import { judgeCertificate } from '../../src/admin/doctor/certificate.ts';
import { judgeOffset } from '../../src/admin/doctor/clock.ts';
import { judgeBroker, judgeView } from '../../src/admin/doctor/cloud.ts';
import { configFileCheck, judgeRenamed } from '../../src/admin/doctor/config-file.ts';
import { judgeConnectionTable, judgeRelease } from '../../src/admin/doctor/kernel.ts';
import { judgePort } from '../../src/admin/doctor/listeners.ts';
import { judgeMonitor, judgeReadiness } from '../../src/admin/doctor/pat-agent.ts';
import type { Judgement } from '../../src/admin/doctor/report.ts';
import { judgeCapabilities } from '../../src/admin/doctor/rights.ts';
import { judgeRouter, judgeUnread } from '../../src/admin/doctor/routers.ts';
import { judgeError } from '../../src/admin/doctor/run-checks.ts';
import { judgeMode } from '../../src/admin/doctor/secrets.ts';
import { judgeService } from '../../src/admin/doctor/services.ts';
import { judgeDamagedFiles, judgeSpace } from '../../src/admin/doctor/storage.ts';
import { judgeVersion } from '../../src/admin/doctor/tools.ts';
import {
  judgeConnection,
  judgeCounters,
  judgeGroups,
  judgeMapping,
  judgeNeutronPort,
  judgeNeutronRouter,
  judgeNode,
  judgeRule,
  judgeScope,
  judgeServer,
  judgeTableOfRouter,
} from '../../src/pat/check/judge.ts';
import {
  judgeFilter,
  judgeForwarding,
  judgeInterfaces,
  judgeOtherRules,
  packetOf,
} from '../../src/pat/check/judge-path.ts';
import { type Hop, ok, reportOf, unknown, warning } from '../../src/pat/check/report.ts';
import { praasError } from '../../src/pat/errors.ts';
import type { CloudPort, CloudRouter, SecurityGroupRule } from '../../src/pat/interfaces/cloud.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { Forwarding } from '../../src/pat/router/forwarding.ts';
import type { RouterDetails } from '../../src/pat/router/view.ts';
import { FACTS, GATEWAY, idOf, MAPPING, NOW, ROUTER } from './samples.ts';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
const TIME = new Date(NOW);

const certificate = (from: number, to: number): Judgement =>
  judgeCertificate(
    {
      subject: 'CN=node\nO=praas',
      validFrom: new Date(TIME.getTime() + from * DAY_MS).toUTCString(),
      validTo: new Date(TIME.getTime() + to * DAY_MS).toUTCString(),
    },
    TIME,
  );
const listening = (address: string, name: string): string =>
  `LISTEN 0 511 ${address} 0.0.0.0:* users:(("${name}",pid=7,fd=1))\n`;
const offset = (seconds: number): Judgement =>
  judgeOffset(TIME.toUTCString(), new Date(TIME.getTime() + seconds * 1000));
const service = (facts: Record<string, string>): Judgement =>
  judgeService(
    'praas-pat-agent.service',
    new Map(Object.entries({ LoadState: 'loaded', ActiveState: 'active', UnitFileState: 'enabled', ...facts })),
  );

const DETAILS: RouterDetails = {
  router_id: ROUTER,
  name: null,
  project_id: null,
  namespace: `qrouter-${ROUTER}`,
  gateway_ips: [GATEWAY],
  mappings: 2,
  free_ports: { tcp: 9, udp: 9 },
  used_ports: { tcp: 2, udp: 0 },
  networks: [],
  mappings_in_kernel: 2,
  unmanaged: [],
  warnings: [],
  drift: { missing: [], unexpected: [] },
};
const EVIDENCE = {
  importable: 0,
  tables: { legacy: [], nft: ['nat', 'praas'] },
  connectionTable: { used: 12, limit: 262_144 },
  warnings: [],
  path: [],
  isStandby: false,
};
const SPACE = { freeBytes: 900 * MIB, freeInodes: 9e5, allInodes: 1e6 };
const VIEW = {
  name: 'praas',
  routers: 2,
  servers: 5,
  hasProjectList: true,
  plainServices: [],
  date: undefined,
  now: TIME,
};
const SECRET = { content: 'the API tokens', path: '/usr/local/etc/praas/tokens.json' };
const SERVICE_PORT = { key: 'port_app', port: 3000 } as const;

export const JUDGEMENTS: readonly Judgement[] = [
  judgeCapabilities('CapEff:\t000001ffffffffff\n'),
  judgeCapabilities('CapEff:\t0000000000001000\n'),
  judgeVersion('conntrack', 'conntrack v1.4.7 (conntrack-tools)', 'conntrack'),
  judgeVersion('conntrack', 'conntrack v1.4.6 (conntrack-tools)', 'conntrack'),
  judgeVersion('nft', 'what?', 'nftables'),
  judgeRelease('6.1.0-18-amd64', 'nftables'),
  judgeRelease('5.10.0-28-amd64', 'nftables'),
  judgeRenamed({ where: '/usr/local/etc/praas/praas.conf:3', oldName: 'retain', newName: 'retain_days' }),
  judgeRenamed({ where: 'environment', oldName: 'PRAAS_RETAIN', newName: 'PRAAS_RETAIN_DAYS' }),
  judgeConnectionTable('connection table', undefined),
  judgeConnectionTable('connection table', { used: 12, limit: 262_144 }),
  judgeConnectionTable('connection table', { used: 230_000, limit: 262_144 }),
  judgeConnectionTable('connection table', { used: 262_000, limit: 262_144 }),
  ...(await configFileCheck(undefined, undefined, []).run()),
  judgeMode(SECRET, 0o600),
  judgeMode(SECRET, 0o640),
  certificate(-1, 90),
  certificate(-1, 13),
  certificate(-9, -1),
  certificate(1, 90),
  judgePort(SERVICE_PORT, listening('127.0.0.1:13000', 'nginx')),
  judgePort(SERVICE_PORT, listening('127.0.0.1:3000', 'praas serve')),
  judgePort(SERVICE_PORT, listening('[::]:3000', 'nginx')),
  judgePort(SERVICE_PORT, 'LISTEN 0 511 *:3000 *:*\n'),
  judgeSpace('/var/lib/praas', SPACE),
  judgeSpace('/var/lib/praas', { ...SPACE, freeBytes: 50 * MIB }),
  judgeSpace('/var/lib/praas', { ...SPACE, freeBytes: MIB }),
  judgeSpace('/var/lib/praas', { ...SPACE, freeInodes: 3 }),
  ...judgeDamagedFiles(['a.json.damaged-1']),
  judgeReadiness('/run/praas/pat.sock', undefined),
  judgeReadiness('/run/praas/pat.sock', { isReady: true, failures: [] }),
  judgeReadiness('/run/praas/pat.sock', {
    isReady: true,
    failures: ['cloud: OpenStack network service unavailable: connection refused'],
  }),
  judgeReadiness('/run/praas/pat.sock', {
    isReady: false,
    failures: ['kernel: not installed: nft. Install the missing programs.'],
  }),
  judgeMonitor({ isReady: true, failures: [] }),
  judgeMonitor({ isReady: false, failures: ['monitor: exchange nova not found on the message broker'] }),
  service({}),
  service({ LoadState: 'not-found' }),
  service({ ActiveState: 'failed' }),
  service({ ActiveState: 'inactive' }),
  service({ ActiveState: 'inactive', Result: 'exec-condition' }),
  service({ UnitFileState: 'disabled' }),
  service({ NRestarts: '9' }),
  service({ NeedDaemonReload: 'yes' }),
  ...judgeView(VIEW),
  ...judgeView({ ...VIEW, routers: 0, hasProjectList: false, plainServices: ['network'] }).slice(1),
  judgeBroker('rabbit:5672', undefined),
  judgeBroker('rabbit:5672', 'connection refused'),
  offset(0),
  offset(-20),
  offset(90),
  judgeOffset(undefined, TIME),
  ...judgeRouter(DETAILS, { ...EVIDENCE, importable: 3, tables: { legacy: ['nat', 'filter'], nft: ['nat'] } }),
  ...judgeRouter(DETAILS, { ...EVIDENCE, connectionTable: { used: 230_000, limit: 262_144 } }),
  ...judgeRouter(DETAILS, { ...EVIDENCE, connectionTable: { used: 262_000, limit: 262_144 } }),
  ...judgeRouter({ ...DETAILS, drift: { missing: ['a'], unexpected: ['b', 'c'] } }, EVIDENCE),
  ...judgeRouter({ ...DETAILS, gateway_ips: [] }, EVIDENCE),
  ...judgeUnread(ROUTER, praasError('TABLE_UNREADABLE', { router: FACTS.namespace, table: 'nat' })),
  ...judgeUnread(ROUTER, new Error('EIO')),
  judgeError('records', new Error('EIO')),
];

const PORT: CloudPort = {
  id: idOf(20),
  name: '',
  project_id: 'blue',
  network_id: idOf(30),
  device_id: idOf(40),
  device_owner: 'compute:nova',
  fixed_ips: [{ ip_address: '10.20.0.51', subnet_id: idOf(31) }],
  isUp: true,
  status: 'ACTIVE',
  host: 'compute1',
  hasPortSecurity: true,
  security_group_ids: [idOf(50)],
};
const ROUTER_OF_NEUTRON: CloudRouter = {
  id: ROUTER,
  name: 'edge',
  project_id: 'blue',
  isUp: true,
  status: 'ACTIVE',
  gateway_ips: [GATEWAY],
  isHa: false,
  isDistributed: false,
};
const GROUPS = [{ id: idOf(50), name: 'default', project_id: 'blue' }];
const OPEN: SecurityGroupRule = {
  id: idOf(51),
  security_group_id: idOf(50),
  project_id: 'blue',
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: null,
  port_range_min: null,
  port_range_max: null,
  remote_ip_prefix: null,
  remote_group_id: null,
  remote_address_group_id: null,
  description: '',
};
const SERVER = { id: idOf(40), name: 'web', project_id: 'blue', status: 'ACTIVE' };
const HOSTS = [
  { host: 'net1', isAlive: true, ha_state: 'active' },
  { host: 'net2', isAlive: false, ha_state: null },
];

const FORWARDING: Forwarding = {
  interfaces: [
    { name: 'qg-1', isUp: true, addresses: FACTS.gateways },
    { name: 'qr-5be5f541-c7', isUp: true, addresses: ['10.20.0.1'] },
  ],
  isEnabled: true,
  disabledInterfaces: [],
  filter: () => ({ verdict: 'accepts' }),
  route: () => ({ verdict: 'accepts' }),
};
const PACKET = packetOf(MAPPING, FACTS, FORWARDING);
const DROP = '-A FORWARD -p tcp -m tcp --dport 22 -j DROP in table filter';
const BROKEN_PATH: Partial<Forwarding> = {
  interfaces: FORWARDING.interfaces.map((each) => ({ ...each, isUp: false })),
  isEnabled: false,
  filter: () => ({ verdict: 'drops', by: DROP }),
};
const pathHops = (more: Partial<Forwarding>, showsHosts: boolean): readonly Hop[] =>
  [judgeInterfaces, judgeForwarding, judgeFilter].map((judge) =>
    judge(PACKET, { ...FORWARDING, ...more }, showsHosts, FACTS.namespace),
  );
const VIEW_OF_ROUTER = { portsInUse: [], warnings: [] };
const THEIRS = {
  protocol: 'tcp',
  cidr: '203.0.113.10/32',
  first: 4000,
  last: 4001,
  kind: 'rule',
  text: 'table inet theirs, chain pre, handle 4: tcp 203.0.113.10/32 port 4000-4001 dnat to 10.20.0.52:22',
} as const;
const UNSEEN = { code: 'TRANSLATIONS_NOT_SEEN', text: 'edge: nft is not installed.' } as const;

export const HOPS: readonly Hop[] = [
  judgeMapping(MAPPING),
  judgeMapping({ ...MAPPING, expires_at: '2030-06-01T00:00:00Z' }),
  judgeMapping({ ...MAPPING, enabled: false }),
  judgeMapping({
    ...MAPPING,
    status: 'DOWN',
    status_code: 'EXPIRED',
    status_reason: `expired at ${NOW}`,
    expires_at: NOW,
  }),
  judgeMapping({
    ...MAPPING,
    status: 'DOWN',
    status_code: 'NO_GATEWAY_ADDRESS',
    status_reason: 'the router has no gateway address',
  }),
  judgeNeutronRouter(undefined, MAPPING),
  judgeNeutronRouter(ROUTER_OF_NEUTRON, MAPPING),
  judgeNeutronRouter({ ...ROUTER_OF_NEUTRON, isUp: false }, MAPPING),
  judgeNeutronRouter({ ...ROUTER_OF_NEUTRON, gateway_ips: [] }, MAPPING),
  judgeNeutronRouter({ ...ROUTER_OF_NEUTRON, gateway_ips: ['203.0.113.99'] }, MAPPING),
  judgeNode(undefined, undefined),
  judgeNode(undefined, []),
  judgeNode(undefined, HOSTS),
  judgeNode({ ...FACTS, isStandby: true }, HOSTS),
  judgeNode(FACTS, HOSTS),
  judgeTableOfRouter(undefined, true),
  judgeTableOfRouter({ used: 12, limit: 262_144 }, true),
  judgeTableOfRouter({ used: 230_000, limit: 262_144 }, true),
  judgeTableOfRouter({ used: 262_000, limit: 262_144 }, true),
  judgeTableOfRouter({ used: 262_000, limit: 262_144 }, false),
  ...pathHops({}, true),
  ...pathHops({}, false),
  ...pathHops(BROKEN_PATH, true),
  ...pathHops(BROKEN_PATH, false),
  judgeForwarding(PACKET, { ...FORWARDING, disabledInterfaces: ['qg-1'] }, true, FACTS.namespace),
  judgeInterfaces({ ...PACKET, from: 'qr-1', to: 'qg-1' }, { ...FORWARDING, ...BROKEN_PATH }, true, FACTS.namespace),
  judgeInterfaces({ ...PACKET, from: undefined }, FORWARDING, true, FACTS.namespace),
  judgeInterfaces({ ...PACKET, from: undefined }, FORWARDING, false, FACTS.namespace),
  judgeFilter(PACKET, { ...FORWARDING, filter: () => ({ verdict: 'may_drop', by: DROP }) }, true, FACTS.namespace),
  judgeFilter(PACKET, { ...FORWARDING, filter: () => ({ verdict: 'may_drop', by: DROP }) }, false, FACTS.namespace),
  judgeFilter(
    PACKET,
    { ...FORWARDING, filter: () => ({ verdict: 'drops', by: DROP, ofReplies: true }) },
    true,
    FACTS.namespace,
  ),
  judgeForwarding(
    PACKET,
    { ...FORWARDING, route: () => ({ verdict: 'drops', by: 'Invalid argument' }) },
    true,
    FACTS.namespace,
  ),
  judgeForwarding(
    PACKET,
    { ...FORWARDING, route: () => ({ verdict: 'drops', by: 'Invalid argument', ofReplies: true }) },
    false,
    FACTS.namespace,
  ),
  judgeForwarding(
    PACKET,
    { ...FORWARDING, route: () => ({ verdict: 'may_drop', by: 'ip rule 99: from 192.0.2.0/24 blackhole' }) },
    true,
    FACTS.namespace,
  ),
  judgeOtherRules(MAPPING, VIEW_OF_ROUTER, true),
  judgeOtherRules(MAPPING, { ...VIEW_OF_ROUTER, portsInUse: [THEIRS] }, true),
  judgeOtherRules(MAPPING, { ...VIEW_OF_ROUTER, portsInUse: [THEIRS] }, false),
  judgeOtherRules(MAPPING, { ...VIEW_OF_ROUTER, warnings: [UNSEEN] }, true),
  judgeOtherRules(MAPPING, { ...VIEW_OF_ROUTER, warnings: [UNSEEN] }, false),
  judgeRule({ ...MAPPING, enabled: false }, { missing: [], unexpected: [] }),
  judgeRule(MAPPING, { missing: [], unexpected: [] }),
  judgeRule(MAPPING, { missing: [MAPPING.id], unexpected: [] }),
  judgeCounters(null),
  judgeCounters({ packets: 0, bytes: 0, last_hit_at: null }),
  judgeCounters({ packets: 7, bytes: 420, last_hit_at: NOW }),
  judgeScope(FACTS, MAPPING),
  judgeScope({ ...FACTS, inside: FACTS.inside.map((network) => ({ ...network, scopeMark: 0x40_00_00_00 })) }, MAPPING),
  judgeGroups({ ...PORT, hasPortSecurity: false }, GROUPS, [], MAPPING),
  judgeGroups(PORT, GROUPS, [], MAPPING),
  judgeGroups(PORT, GROUPS, [OPEN], MAPPING),
  judgeNeutronPort(undefined, MAPPING, true),
  judgeNeutronPort(PORT, MAPPING, true),
  judgeNeutronPort(PORT, MAPPING, false),
  judgeNeutronPort({ ...PORT, fixed_ips: [] }, MAPPING, true),
  judgeNeutronPort(PORT, { ...MAPPING, server_ip: '10.20.0.99' }, true),
  judgeNeutronPort({ ...PORT, isUp: false }, MAPPING, true),
  judgeNeutronPort({ ...PORT, host: '' }, MAPPING, true),
  judgeNeutronPort({ ...PORT, host: '', device_owner: '' }, MAPPING, true),
  judgeGroups({ ...PORT, host: '', device_owner: '' }, GROUPS, [], MAPPING),
  judgeNeutronPort({ ...PORT, status: 'DOWN' }, MAPPING, true),
  judgeNeutronPort({ ...PORT, status: 'DOWN' }, MAPPING, false),
  judgeServer(undefined),
  judgeServer(SERVER, PORT),
  judgeServer({ ...SERVER, status: 'SHUTOFF' }, PORT),
  judgeServer({ ...SERVER, status: 'ERROR' }, PORT),
  judgeConnection('open', MAPPING, true),
  judgeConnection('refused', MAPPING, true),
  judgeConnection('timeout', MAPPING, true),
  judgeConnection('timeout', MAPPING, false),
  judgeConnection('timeout', MAPPING, undefined),
  judgeConnection('unreachable', MAPPING, true),
];

const down = (status_code: Mapping['status_code'], status_reason: string): Mapping => ({
  ...MAPPING,
  status: 'DOWN',
  status_code,
  status_reason,
});
const STANDBY = down('ROUTER_STANDBY', 'standby HA instance: the gateway address is on another node');
const NO_GATEWAY = down('NO_GATEWAY_ADDRESS', 'the router has no gateway address');

/**
 * Conclusions of a check: with a failed hop, without one, with hops that need attention or could not be checked, and of a mapping
 * that is DOWN although no hop failed.
 */
export const CONCLUSIONS: readonly string[] = (
  [
    [MAPPING, [judgeMapping({ ...MAPPING, enabled: false })]],
    [MAPPING, [ok('router', 'edge')]],
    [
      MAPPING,
      [
        warning('connection_table', 'the table is filling up', 'Raise it.'),
        unknown('router', 'no response from Neutron'),
        unknown('port', 'no response from Neutron'),
      ],
    ],
    [NO_GATEWAY, [judgeMapping(NO_GATEWAY), unknown('router', 'no response from Neutron')]],
    [STANDBY, [judgeMapping(STANDBY), judgeNode({ ...FACTS, isStandby: true }, HOSTS)]],
  ] as const
).map(([mapping, hops]) => reportOf(mapping, hops).conclusion);
