/** The API of published ports: its tags, actions, endpoints and texts. */
import type { AccessPolicy } from '../../core/identity/policy.ts';
import { PAT_ACTIONS } from '../../pat/actions.ts';
import type { NodePat, NodeRouters, PatServices } from '../../pat/services/api.ts';
import type { Api } from '../http/api.ts';
import type { IdempotencyKeys } from '../http/idempotency.ts';
import { eventEndpoints } from './events.ts';
import { mappingEndpoints } from './mappings.ts';
import { quotaEndpoints } from './quotas.ts';
import { routerEndpoints } from './routers.ts';
import { serverEndpoints } from './servers.ts';

interface PatApiParts extends PatServices {
  readonly pat: NodePat;
  readonly routers: NodeRouters;
  readonly policy: AccessPolicy;
  readonly idempotency: IdempotencyKeys;
  /** Gives the ID of the current request, for failures that are part of a response. */
  readonly requestId: () => string;
}

const SUMMARY = 'Publishes ports of servers on the gateway address of their OpenStack router.';

const TAGS = [
  {
    name: 'mappings',
    description: 'Published ports: a port on the gateway address of a router, forwarded to a port of a server.',
    id: 'ID of the mapping, or an unambiguous prefix of it',
  },
  {
    name: 'routers',
    description: 'Routers of this node: their addresses, ports in use and drift.',
    id: 'UUID or name of the router, or name of its network namespace',
  },
  { name: 'servers', description: 'Servers whose ports can be published.' },
  { name: 'quotas', description: 'Limits of mappings per project, and their usage.', id: 'ID of the project' },
  { name: 'events', description: 'History of mappings, and corrections by the monitor.' },
];

const INTRODUCTION = [
  'By default, a reader may list and show resources. A member may also create, update and delete mappings. An admin may ' +
    'also choose any router port and any target address. An operator (an admin of all projects) may do everything.',
  'With `limit`, a list of mappings is paginated: `mappings_links` has the URL of the next page.',
  'A POST with an `Idempotency-Key` can be repeated when its response was lost: nothing is published twice. A change with ' +
    '`If-Match` is refused when the mapping has changed since its ETag was read.',
];

export function patApi(parts: PatApiParts): Api {
  return {
    summary: SUMMARY,
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
