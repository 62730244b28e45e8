/** One sample of each reason of a mapping, and of each reason why corrections are withheld. */
import type { Withheld } from '../../src/pat/follow/withheld.ts';
import { type Reason, reason } from '../../src/pat/mapping/reasons.ts';

const port = '3f1c';
const server = 'web';
const router = 'edge';
const addresses = ['10.20.0.60', '10.20.0.61'];

export const REASON_SAMPLES: readonly Reason[] = [
  reason('DISABLED'),
  reason('EXPIRED', { expires_at: '2030-01-01T00:00:00Z' }),
  reason('EXPIRY_PENDING', { expires_at: '2030-01-01T00:00:00Z' }),
  reason('ROUTER_ABSENT'),
  reason('ROUTER_DISABLED', { router }),
  reason('ROUTER_STANDBY'),
  reason('NO_GATEWAY_ADDRESS'),
  reason('NO_EXTERNAL_GATEWAY', { router }),
  reason('GATEWAY_ADDRESS_GONE', { gateway_ip: '203.0.113.10', gateway_ips: ['203.0.113.20', '203.0.113.21'] }),
  reason('ROUTER_DELETED', { router }),
  reason('PROJECT_DELETED', { project: 'demo' }),
  reason('PORT_DELETED', { port }),
  reason('SERVER_DELETED', { server }),
  reason('PORT_FOUND', { port }),
  reason('PORT_REPLACED', { port, server, new_port: '9b2e' }),
  reason('PORT_NOT_REPLACED', { port, server }),
  reason('PORT_AMBIGUOUS', { port, server, addresses }),
  reason('PORT_MOVED', { port, server }),
  reason('PORT_DETACHED', { port }),
  reason('PORT_WITHOUT_ADDRESS', { port }),
  reason('SUBNET_DETACHED', { router, addresses: ['10.20.0.60'] }),
  reason('ADDRESS_CHANGED', { port }),
  reason('ADDRESS_AMBIGUOUS', { port, addresses }),
  reason('PORT_DISABLED', { port }),
  reason('PORT_DOWN', { port, host: 'node-1' }),
  reason('SERVER_STOPPED', { server, status: 'SHUTOFF' }),
  reason('EVENTS_OMITTED'),
  reason('LIFECYCLE_EVENTS_OMITTED'),
  reason('SUSPENDED', { reason: 'server web is SHUTOFF' }),
];

export const WITHHELD_SAMPLES: readonly Withheld[] = [
  { code: 'EMPTY_LIST', facts: { resources: ['ports', 'servers'] } },
  { code: 'ACCOUNT_LIMITED', facts: {} },
  { code: 'TOO_MANY_DELETIONS', facts: { requested: 11, limit: 10 } },
  {
    code: 'APPLY_FAILED',
    facts: { error_code: 'ROUTER_SLOW', error: 'the change of router edge takes longer than 5 seconds' },
  },
];
