/** Events, and corrections of the monitor, as the daemon takes and gives them. */
import type { AppliedCorrection, Correction, CorrectionResult, Corrections } from '../follow/correction.ts';
import type { EventFilter, Events } from '../interfaces/events.ts';
import type { Event } from '../mapping/event.ts';
import { AppliedCorrectionsDocument, EventListDocument } from './answers.ts';
import type { ApiClient } from './api-client.ts';

/** A request gets no larger than a daemon takes. */
const AT_ONCE = 500;

export class RemoteEvents implements Events, Corrections {
  readonly #daemon: ApiClient;

  constructor(daemon: ApiClient) {
    this.#daemon = daemon;
  }

  /** The project is the token's. */
  async list(filter: EventFilter): Promise<readonly Event[]> {
    const given = Object.entries(filter).filter(([name, value]) => value !== undefined && name !== 'project_id');
    const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    const path = `/v1/events${query.size > 0 ? `?${query.toString()}` : ''}`;
    return (await this.#daemon.ask(EventListDocument, { method: 'GET', path })).events;
  }

  async apply(corrections: readonly Correction[]): Promise<CorrectionResult> {
    const applied: AppliedCorrection[] = [];
    const failures: Error[] = [];
    for (let first = 0; first < corrections.length; first += AT_ONCE) {
      const body = { corrections: corrections.slice(first, first + AT_ONCE) };
      const done = await this.#daemon.ask(AppliedCorrectionsDocument, {
        method: 'POST',
        path: '/v1/corrections',
        body,
      });
      applied.push(...done.applied);
      failures.push(...done.failures.map((reason) => new Error(reason)));
    }
    return { applied, failures };
  }
}
