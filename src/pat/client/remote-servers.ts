/** The servers of the cloud, as the daemon sees them. */
import type { ServerSummary, Servers } from '../services/server-service.ts';
import { ServerListDocument } from './answers.ts';
import type { ApiClient } from './api-client.ts';

export class RemoteServers implements Servers {
  readonly #daemon: ApiClient;

  constructor(daemon: ApiClient) {
    this.#daemon = daemon;
  }

  async list(): Promise<readonly ServerSummary[]> {
    return (await this.#daemon.ask(ServerListDocument, { method: 'GET', path: '/v1/servers' })).servers;
  }
}
