/** Checks of mappings by a remote PAT agent. */

import type { ApiClient } from '../../core/client/api-client.ts';
import type { CheckReport } from '../check/report.ts';
import type { Checks } from '../check/service.ts';
import { CheckDocument } from './documents.ts';

export class RemoteChecks implements Checks {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async check(id: string): Promise<CheckReport> {
    const path = `/v1/mappings/${encodeURIComponent(id)}/check`;
    return (await this.#api.request(CheckDocument, { method: 'GET', path })).check;
  }
}
