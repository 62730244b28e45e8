/** /v1/routers. */
import type { Pat, Routers } from '../../pat/pat.ts';
import { routerIdOf } from '../../pat/router.ts';
import { type Endpoint, endpoint } from '../endpoint.ts';
import { problemOf } from '../problem.ts';
import { ChangeQuery, RouterDocument, RouterListDocument, SyncedDocument } from '../schemas.ts';

export interface RoutersParts {
  readonly routers: Routers;
  readonly pat: Pick<Pat, 'sync'>;
  /** The id of the request under way, for failures that are part of an answer. */
  readonly request_id: () => string;
}

export function routerEndpoints({ routers, pat, request_id }: RoutersParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/v1/routers',
      name: 'listRouters',
      summary: 'List the routers of this node',
      tag: 'routers',
      role: 'reader',
      responses: {
        200: { description: 'Every network namespace that is or could be a router.', schema: RouterListDocument },
      },
      handle: async () => {
        const { routers: found, failures } = await routers.list();
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
        'By its UUID or the name of its namespace. Rules of others and warnings are for callers of all projects.',
      tag: 'routers',
      role: 'reader',
      responses: { 200: { description: 'The router, read from the kernel at this moment.', schema: RouterDocument } },
      handle: async ({ principal, id }) => {
        const router = await routers.show(routerIdOf(id));
        const router_of_theirs = { ...router, unmanaged: [], warnings: [] };
        return { status: 200, body: { router: principal.project_id === null ? router : router_of_theirs } };
      },
    }),
    endpoint<ChangeQuery>({
      method: 'post',
      path: '/v1/routers/{id}/sync',
      name: 'syncRouter',
      summary: 'Make the rules of a router equal to the stored mappings',
      tag: 'routers',
      role: 'admin',
      query: ChangeQuery,
      responses: { 200: { description: 'How much had to be done.', schema: SyncedDocument } },
      handle: async ({ id, query }) => {
        const router_id = routerIdOf(id);
        const options = { dry_run: query.dry_run === 'true', force: query.force === 'true' };
        const { value, warnings, script } = await pat.sync(router_id, options);
        return { status: 200, body: { sync: { router_id, ...value }, warnings, script } };
      },
    }),
  ];
}
