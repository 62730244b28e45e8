/**
 * The address plan of the tests, and a valid example of each value, of which a test changes what it tests.
 *
 *   203.0.113.10  gateway of ROUTER        10.20.0.0/24   a Neutron network behind it
 *   203.0.113.11  floating IP on ROUTER    10.30.0.0/16   behind another router of the tenant, by a static route
 *   198.51.100.x  clients
 */
import type { Forward } from '../../src/pat/mapping/forward.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { emptyRecord, type RouterRecord, withDelta } from '../../src/pat/mapping/record.ts';
import type { MappingRequestInput } from '../../src/pat/mapping/request.ts';
import type { RouterFacts } from '../../src/pat/router/facts.ts';

export const ROUTER = '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11';
export const GATEWAY = '203.0.113.10';
export const CALLER = '198.51.100.7';
export const NOW = '2030-01-01T00:00:00Z';

export const FACTS: RouterFacts = {
  routerId: ROUTER,
  namespace: `qrouter-${ROUTER}`,
  gateways: [GATEWAY],
  isStandby: false,
  addresses: [GATEWAY, '203.0.113.11', '10.20.0.1'],
  inside: [
    { cidr: '10.20.0.0/24', isNeutron: true, interface: 'qr-5be5f541-c7' },
    { cidr: '10.30.0.0/16', isNeutron: false, interface: 'qr-5be5f541-c7' },
  ],
};

/** The same router with another ID. */
export function factsOf(routerId: string): RouterFacts {
  return { ...FACTS, routerId, namespace: routerId };
}

/** `idOf(7)` is a valid UUID that ends in 7. */
export function idOf(number: number): string {
  return `${String(number).padStart(8, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** SSH of one server, published on port 4000. */
export const MAPPING: Mapping = {
  id: idOf(1),
  router_id: ROUTER,
  project_id: null,
  protocol: 'tcp',
  router_port: 4000,
  gateway_ip: GATEWAY,
  server_ip: '10.20.0.51',
  server_port: 22,
  server_id: null,
  port_id: null,
  name: '',
  description: '',
  allowed_cidrs: [],
  masquerade: 'auto',
  expires_at: null,
  enabled: true,
  open_security_group: false,
  security_group_rule_ids: [],
  suspension: null,
  status: 'ACTIVE',
  status_code: null,
  status_reason: '',
  created_at: NOW,
  updated_at: NOW,
};

/** A request for such a mapping, without optional fields. */
export const REQUEST = { router_id: ROUTER, server_ip: '10.20.0.51', server_port: 22 } satisfies MappingRequestInput;

export const FORWARD: Forward = {
  mapping_id: idOf(1),
  protocol: 'tcp',
  gateway_ip: GATEWAY,
  router_port: 4000,
  server_ip: '10.20.0.51',
  server_port: 22,
  allowed_cidrs: [],
  masquerade: false,
  scopeMark: undefined,
};

export function recordWith(mappings: readonly Mapping[], rest: Partial<RouterRecord> = {}): RouterRecord {
  return { ...withDelta(emptyRecord(ROUTER), { put: mappings }), ...rest };
}
