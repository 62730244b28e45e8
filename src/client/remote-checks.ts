/** Checks, as the daemon makes them. */
import type { CheckReport } from '../pat/check/report.ts';
import type { Checks } from '../pat/check/service.ts';
import { CheckDocument } from './answers.ts';
import type { Daemon } from './daemon.ts';

export class RemoteChecks implements Checks {
  readonly #daemon: Daemon;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  async check(id: string): Promise<CheckReport> {
    const path = `/v1/mappings/${encodeURIComponent(id)}/check`;
    return (await this.#daemon.ask(CheckDocument, { method: 'GET', path })).check;
  }
}
