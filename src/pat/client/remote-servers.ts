/** The servers of the cloud, listed by a remote PAT agent. */

import type { ApiClient } from '../../core/client/api-client.ts';
import type { ServerSummary, Servers } from '../services/api.ts';
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
