/** The API of published ports: what it brings to the app, the policy and /openapi.json. */
import type { AccessPolicy } from '../../core/identity/policy.ts';
import { PAT_ACTIONS } from '../../pat/actions.ts';
import type { CheckService } from '../../pat/check/service.ts';
import type { Corrections } from '../../pat/follow/correction.ts';
import type { Events } from '../../pat/interfaces/events.ts';
import type { Quotas } from '../../pat/services/api.ts';
import type { Imports } from '../../pat/services/import-service.ts';
import type { PatService } from '../../pat/services/pat-service.ts';
import type { RouterService } from '../../pat/services/router-service.ts';
import type { Servers } from '../../pat/services/server-service.ts';
import type { Api } from '../http/api.ts';
import type { IdempotencyKeys } from '../http/idempotency.ts';
import { eventEndpoints } from './events.ts';
import { mappingEndpoints } from './mappings.ts';
import { quotaEndpoints } from './quotas.ts';
import { routerEndpoints } from './routers.ts';
import { serverEndpoints } from './servers.ts';

export interface PatApiParts {
  readonly pat: PatService;
  readonly routers: RouterService;
  readonly servers: Servers;
  readonly quotas: Quotas;
  readonly checks: CheckService;
  readonly events: Events;
  readonly corrections: Corrections;
  readonly imports: Imports;
  readonly policy: AccessPolicy;
  readonly idempotency: IdempotencyKeys;
  /** The id of the request under way, for failures that are part of an answer. */
  readonly request_id: () => string;
}

const TAGS = [
  {
    name: 'mappings',
    description: 'Published ports: a port on the gateway address of a router that leads to a server.',
    id: 'ID of the mapping, or an unambiguous beginning of it',
  },
  {
    name: 'routers',
    description: 'The routers of this node: their addresses, their ports, and whether all is as it should be.',
    id: 'UUID of the router, its name in OpenStack, or the name of its network namespace',
  },
  { name: 'servers', description: 'Servers that can be published.' },
  {
    name: 'quotas',
    description: 'How many mappings a project may have, and how many it has.',
    id: 'ID of the project',
  },
  { name: 'events', description: 'What happened to mappings, and what the monitor agent finds of them.' },
];

const INTRODUCTION = [
  'Of published ports, by default, a reader looks, a member publishes, an admin may choose any port and address, and an ' +
    'operator (an admin of all projects) does everything.',
  'A long list comes in pages: with `limit`, `mappings_links` says where the next page is, as long as there is one.',
  'A POST with an `Idempotency-Key` may be sent again when its answer got lost: nothing is published twice. A change ' +
    'with `If-Match` and the ETag that was read is refused when somebody else was faster.',
];

export function patApi(parts: PatApiParts): Api {
  return {
    tags: TAGS,
    actions: PAT_ACTIONS,
    introduction: INTRODUCTION,
    endpoints: [
      ...mappingEndpoints(parts),
      ...serverEndpoints(parts.servers),
      ...routerEndpoints(parts),
      ...quotaEndpoints(parts.quotas),
      ...eventEndpoints(parts),
    ],
  };
}
