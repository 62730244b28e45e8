/** /v1/routers. */

import type { AccessPolicy } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { RouterReference } from '../../pat/mapping/mapping.ts';
import { routerIdOf } from '../../pat/router/facts.ts';
import type { Imports, NodeRouters, Pat } from '../../pat/services/api.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { optionsOf, writesOf } from './access.ts';
import { type FailureParts, problemsOf } from './failures.ts';
import { ImportedDocument, RouterDocument, RouterListDocument, SyncedDocument } from './router-schemas.ts';
import { ChangeQuery } from './schemas.ts';

interface RoutersParts extends FailureParts {
  readonly routers: NodeRouters;
  readonly pat: Pick<Pat, 'sync'>;
  readonly imports: Imports;
  readonly policy: AccessPolicy;
}

export function routerEndpoints(parts: RoutersParts): readonly Endpoint[] {
  return [...readEndpoints(parts), ...changeEndpoints(parts)];
}

function readEndpoints(parts: RoutersParts): readonly Endpoint[] {
  const { routers, policy } = parts;
  return [
    endpoint({
      method: 'get',
      path: '/v1/routers',
      name: 'listRouters',
      summary: 'List the routers of this node',
      tag: 'routers',
      action: 'router:list',
      responses: {
        200: { description: 'Every network namespace that is or may be a router.', schema: RouterListDocument },
      },
      handle: async ({ requester }) => {
        const { routers: listed, failures } = await routers.list(requester);
        return { status: 200, body: { routers: listed, failures: problemsOf(parts, requester, failures) } };
      },
    }),
    endpoint({
      method: 'get',
      path: '/v1/routers/{id}',
      name: 'showRouter',
      summary: 'Show one router: addresses, networks, ports in use and drift',
      description:
        'Unmanaged rules and warnings are included only for requesters that the policy allows the action `router:details`.',
      tag: 'routers',
      action: 'router:show',
      id: RouterReference,
      responses: { 200: { description: 'The router as it is in the kernel now.', schema: RouterDocument } },
      handle: async ({ requester, id }) => {
        const router = await routers.show(routerIdOf(id), requester);
        const hasDetails = policy.allows(requester, 'router:details');
        return { status: 200, body: { router: hasDetails ? router : { ...router, unmanaged: [], warnings: [] } } };
      },
    }),
  ];
}

function changeEndpoints({ routers, pat, imports, policy }: RoutersParts): readonly Endpoint[] {
  /** By default only operators may change routers. A policy that allows it to others never shows them more routers. */
  const routerOf = async (id: string, requester: Requester): Promise<string> => {
    const routerId = routers.idOf(routerIdOf(id), requester);
    if (!requester.seesAll) await routers.show(routerId, requester);
    return routerId;
  };
  return [
    endpoint<ChangeQuery>({
      method: 'post',
      path: '/v1/routers/{id}/sync',
      name: 'syncRouter',
      summary: 'Reconcile the rules of a router with its mappings',
      tag: 'routers',
      action: 'router:sync',
      id: RouterReference,
      query: ChangeQuery,
      writes: ({ query }) => writesOf(query),
      responses: {
        200: {
          description:
            'Numbers of mappings added to the kernel, removed from it, and moved to another gateway address.',
          schema: SyncedDocument,
        },
      },
      handle: async ({ requester, id, query }) => {
        const options = optionsOf(policy, requester, query);
        const routerId = await routerOf(id, requester);
        const { value, warnings, script } = await pat.sync(routerId, options);
        return { status: 200, body: { sync: { router_id: routerId, ...value }, warnings, script } };
      },
    }),
    endpoint<ChangeQuery>({
      method: 'post',
      path: '/v1/routers/{id}/import',
      name: 'importRules',
      summary: 'Import existing DNAT rules of a router as mappings',
      description:
        'Each DNAT rule in custom-PREROUTING that a mapping can express is replaced by a mapping with the same port. No packet ' +
        'and no connection is lost. A repetition changes nothing.',
      tag: 'routers',
      action: 'router:import',
      id: RouterReference,
      query: ChangeQuery,
      writes: ({ query }) => writesOf(query),
      responses: { 200: { description: 'The result for each rule.', schema: ImportedDocument } },
      handle: async ({ requester, id, query }) => {
        const options = optionsOf(policy, requester, query);
        const routerId = await routerOf(id, requester);
        const { value: rules, warnings, script } = await imports.importRules(routerId, options);
        return { status: 200, body: { import: { router_id: routerId, rules }, warnings, script } };
      },
    }),
  ];
}
