/** /v1/servers. */
import type { Servers } from '../../pat/services/server-service.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { ServerListDocument } from './router-schemas.ts';

export function serverEndpoints(servers: Servers): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/v1/servers',
      name: 'listServers',
      summary: 'List the servers that can be published',
      description:
        'Every IPv4 address with the routers of the project that lead there, its floating IPs, and how many mappings the ' +
        'server has.',
      tag: 'servers',
      action: 'server:list',
      responses: { 200: { description: 'By name.', schema: ServerListDocument } },
      handle: async ({ requester }) => ({ status: 200, body: { servers: await servers.list(requester) } }),
    }),
  ];
}
