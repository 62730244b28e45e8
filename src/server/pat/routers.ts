/** /v1/routers. */

import type { AccessPolicy } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { routerIdOf } from '../../pat/router/facts.ts';
import type { Pat, Routers } from '../../pat/services/api.ts';
import type { Imports } from '../../pat/services/import-service.ts';
import type { RouterService } from '../../pat/services/router-service.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { problemOf } from '../http/problem.ts';
import { optionsOf } from './access.ts';
import { ImportedDocument, RouterDocument, RouterListDocument, SyncedDocument } from './router-schemas.ts';
import { ChangeQuery } from './schemas.ts';

export interface RoutersParts {
  readonly routers: Routers & Pick<RouterService, 'idOf'>;
  readonly pat: Pick<Pat, 'sync'>;
  readonly imports: Imports;
  readonly policy: AccessPolicy;
  /** The id of the request under way, for failures that are part of an answer. */
  readonly request_id: () => string;
}

export function routerEndpoints(parts: RoutersParts): readonly Endpoint[] {
  return [...lookingEndpoints(parts), ...changingEndpoints(parts)];
}

function lookingEndpoints({ routers, policy, request_id }: RoutersParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/v1/routers',
      name: 'listRouters',
      summary: 'List the routers of this node',
      tag: 'routers',
      action: 'router:list',
      responses: {
        200: { description: 'Every network namespace that is or could be a router.', schema: RouterListDocument },
      },
      handle: async ({ requester }) => {
        const { routers: found, failures } = await routers.list(requester);
        return {
          status: 200,
          body: { routers: found, failures: failures.map((error) => problemOf(error, request_id())) },
        };
      },
    }),
    endpoint({
      method: 'get',
      path: '/v1/routers/{id}',
      name: 'showRouter',
      summary: 'Show one router: gateway, networks, ports, what others have there, drift',
      description:
        'By its UUID or the name of its namespace. Rules of others and warnings are for those whom the policy lets see them ' +
        '(`router:details`).',
      tag: 'routers',
      action: 'router:show',
      responses: { 200: { description: 'The router, read from the kernel at this moment.', schema: RouterDocument } },
      handle: async ({ requester, id }) => {
        const router = await routers.show(routerIdOf(id), requester);
        const hasDetails = policy.allows(requester, 'router:details');
        return { status: 200, body: { router: hasDetails ? router : { ...router, unmanaged: [], warnings: [] } } };
      },
    }),
  ];
}

function changingEndpoints({ routers, pat, imports, policy }: RoutersParts): readonly Endpoint[] {
  /** By default only operators come here; a policy that lets in others gives them no more than they may see. */
  const routerOf = async (id: string, requester: Requester): Promise<string> => {
    const router_id = routers.idOf(routerIdOf(id), requester);
    if (!requester.seesAll) await routers.show(router_id, requester);
    return router_id;
  };
  return [
    endpoint<ChangeQuery>({
      method: 'post',
      path: '/v1/routers/{id}/sync',
      name: 'syncRouter',
      summary: 'Make the rules of a router equal to the stored mappings',
      tag: 'routers',
      action: 'router:sync',
      query: ChangeQuery,
      responses: { 200: { description: 'How much had to be done.', schema: SyncedDocument } },
      handle: async ({ requester, id, query }) => {
        const options = optionsOf(policy, requester, query);
        const router_id = await routerOf(id, requester);
        const { value, warnings, script } = await pat.sync(router_id, options);
        return { status: 200, body: { sync: { router_id, ...value }, warnings, script } };
      },
    }),
    endpoint<ChangeQuery>({
      method: 'post',
      path: '/v1/routers/{id}/import',
      name: 'importRules',
      summary: 'Take over the rules of others in the chains of a router',
      description:
        'Each rule in custom-PREROUTING that a mapping can say becomes one, with the same port, and goes; no packet and no ' +
        'connection is lost. Asked again, it changes nothing.',
      tag: 'routers',
      action: 'router:import',
      query: ChangeQuery,
      responses: { 200: { description: 'What became of each rule.', schema: ImportedDocument } },
      handle: async ({ requester, id, query }) => {
        const options = optionsOf(policy, requester, query);
        const router_id = await routerOf(id, requester);
        const { value: rules, warnings, script } = await imports.importRules(router_id, options);
        return { status: 200, body: { import: { router_id, rules }, warnings, script } };
      },
    }),
  ];
}
