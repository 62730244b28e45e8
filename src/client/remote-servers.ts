/** The servers of the cloud, as the daemon sees them. */
import type { ServerSummary, Servers } from '../pat/server-service.ts';
import { ServerListDocument } from './answers.ts';
import type { Daemon } from './daemon.ts';

export class RemoteServers implements Servers {
  readonly #daemon: Daemon;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  async list(): Promise<readonly ServerSummary[]> {
    return (await this.#daemon.ask(ServerListDocument, { method: 'GET', path: '/v1/servers' })).servers;
  }
}
