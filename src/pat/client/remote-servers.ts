/** The servers of the cloud, listed by a remote PAT agent. */
import type { ServerSummary, Servers } from '../services/server-service.ts';
import type { ApiClient } from './api-client.ts';
import { ServerListDocument } from './documents.ts';

export class RemoteServers implements Servers {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async list(): Promise<readonly ServerSummary[]> {
    return (await this.#api.request(ServerListDocument, { method: 'GET', path: '/v1/servers' })).servers;
  }
}
