/** Answers the thin client while its code cache is made, as a daemon with one mapping in one router. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Mapping } from '../src/pat/mapping/mapping.ts';

/** Listens on that Unix socket. */
export async function warmDaemon(socketPath: string, mapping: Mapping): Promise<Server> {
  const view = { ...mapping, counters: null };
  const ports = { tcp: 100, udp: 101 };
  const router = { router_id: mapping.router_id, name: null, project_id: null, namespace: mapping.router_id };
  const documents: Readonly<Record<string, object>> = {
    '/v1/mappings': { mappings: [view, view], failures: [] },
    [`/v1/mappings/${mapping.id}`]: { mapping: view, warnings: [] },
    '/v1/routers': {
      routers: [{ ...router, gateway_ips: [mapping.gateway_ip], mappings: 1, free_ports: ports, used_ports: ports }],
      failures: [],
    },
  };
  const server = createServer((request, response) => {
    const body = JSON.stringify(documents[request.url ?? ''] ?? {});
    response
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
      .end(body);
  });
  await once(server.listen(socketPath), 'listening');
  return server;
}
