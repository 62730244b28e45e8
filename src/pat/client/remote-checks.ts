/** Checks, as the daemon makes them. */
import type { CheckReport } from '../check/report.ts';
import type { Checks } from '../check/service.ts';
import { CheckDocument } from './answers.ts';
import type { ApiClient } from './api-client.ts';

export class RemoteChecks implements Checks {
  readonly #daemon: ApiClient;

  constructor(daemon: ApiClient) {
    this.#daemon = daemon;
  }

  async check(id: string): Promise<CheckReport> {
    const path = `/v1/mappings/${encodeURIComponent(id)}/check`;
    return (await this.#daemon.ask(CheckDocument, { method: 'GET', path })).check;
  }
}
