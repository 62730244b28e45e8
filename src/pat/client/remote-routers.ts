/** The routers of the daemon's node. */
import type { RouterDetails } from '../router/view.ts';
import type { ListedRouters, Routers } from '../services/api.ts';
import { RouterDocument, RouterListDocument } from './answers.ts';
import type { ApiClient } from './api-client.ts';
import { errorOf } from './errors.ts';

const ROUTERS = '/v1/routers';

export class RemoteRouters implements Routers {
  readonly #daemon: ApiClient;

  constructor(daemon: ApiClient) {
    this.#daemon = daemon;
  }

  async list(): Promise<ListedRouters> {
    const { routers, failures } = await this.#daemon.ask(RouterListDocument, { method: 'GET', path: ROUTERS });
    return { routers, failures: failures.map((problem) => errorOf(problem, this.#daemon.name)) };
  }

  async show(router_id: string): Promise<RouterDetails> {
    const path = `${ROUTERS}/${encodeURIComponent(router_id)}`;
    return (await this.#daemon.ask(RouterDocument, { method: 'GET', path })).router;
  }
}
