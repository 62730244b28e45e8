/** /v1/servers. */
import type { Servers } from '../../pat/services/api.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { ServerListDocument } from './router-schemas.ts';

export function serverEndpoints(servers: Servers): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/v1/servers',
      name: 'listServers',
      summary: 'List the servers whose ports can be published',
      description:
        'Each IPv4 address of a server with its floating IPs and the routers of the project that reach it, and the number ' +
        'of mappings to the server.',
      tag: 'servers',
      action: 'server:list',
      responses: { 200: { description: 'Servers, by name.', schema: ServerListDocument } },
      handle: async ({ requester }) => ({ status: 200, body: { servers: await servers.list(requester) } }),
    }),
  ];
}
