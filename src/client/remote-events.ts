/** Events, and verdicts of the monitor, as the daemon takes and gives them. */
import type { Event, EventFilter, Events } from '../pat/event.ts';
import type { Verdict } from '../pat/verdict.ts';
import type { CarriedOut, Verdicts } from '../pat/verdict-service.ts';
import { CarriedOutDocument, EventListDocument } from './answers.ts';
import type { Daemon } from './daemon.ts';

export class RemoteEvents implements Events, Verdicts {
  readonly #daemon: Daemon;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  /** The project is the token's. */
  async list(filter: EventFilter): Promise<readonly Event[]> {
    const given = Object.entries(filter).filter(([name, value]) => value !== undefined && name !== 'project_id');
    const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    const path = `/v1/events${query.size > 0 ? `?${query.toString()}` : ''}`;
    return (await this.#daemon.ask(EventListDocument, { method: 'GET', path })).events;
  }

  async carryOut(verdicts: readonly Verdict[]): Promise<CarriedOut> {
    const ask = { method: 'POST', path: '/v1/verdicts', body: { verdicts } } as const;
    const { applied, failures } = await this.#daemon.ask(CarriedOutDocument, ask);
    return { applied, failures: failures.map((reason) => new Error(reason)) };
  }
}
