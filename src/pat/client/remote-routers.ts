/** The routers of the node of a remote PAT agent. */

import type { ApiClient } from '../../core/client/api-client.ts';
import type { RouterDetails } from '../router/view.ts';
import type { RouterList, Routers } from '../services/api.ts';
import { RouterDocument, RouterListDocument } from './documents.ts';

const ROUTERS = '/v1/routers';

export class RemoteRouters implements Routers {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async list(): Promise<RouterList> {
    const { routers, failures } = await this.#api.request(RouterListDocument, { method: 'GET', path: ROUTERS });
    return { routers, failures: failures.map((item) => this.#api.errorOf(item)) };
  }

  async show(routerId: string): Promise<RouterDetails> {
    const path = `${ROUTERS}/${encodeURIComponent(routerId)}`;
    return (await this.#api.request(RouterDocument, { method: 'GET', path })).router;
  }
}
