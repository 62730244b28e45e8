/** Events of a remote PAT agent, and the corrections that the monitor sends it. */
import type { ApiClient } from '../../core/client/api-client.ts';
import type { PraasError } from '../errors.ts';
import type { AppliedCorrection, Correction, CorrectionResult } from '../follow/correction.ts';
import type { EventFilter, Events } from '../interfaces/events.ts';
import type { Event } from '../mapping/event.ts';
import type { Corrections } from '../services/api.ts';
import { AppliedCorrectionsDocument, EventListDocument } from './documents.ts';

/** Keeps a request far below the body limit of the API. */
const MAX_CORRECTIONS_PER_REQUEST = 500;

export class RemoteEvents implements Events, Corrections {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** The API takes the project from the token. */
  async list(filter: EventFilter): Promise<readonly Event[]> {
    const given = Object.entries(filter).filter(([name, value]) => value !== undefined && name !== 'project_id');
    const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    const path = `/v1/events${query.size > 0 ? `?${query.toString()}` : ''}`;
    return (await this.#api.request(EventListDocument, { method: 'GET', path })).events;
  }

  async apply(corrections: readonly Correction[]): Promise<CorrectionResult> {
    const applied: AppliedCorrection[] = [];
    const failures: PraasError[] = [];
    for (let first = 0; first < corrections.length; first += MAX_CORRECTIONS_PER_REQUEST) {
      const body = { corrections: corrections.slice(first, first + MAX_CORRECTIONS_PER_REQUEST) };
      const result = await this.#api.request(AppliedCorrectionsDocument, {
        method: 'POST',
        path: '/v1/corrections',
        body,
      });
      const sent = new Map(body.corrections.map((correction) => [correction.mapping_id, correction]));
      for (const { correction: echo, mapping } of result.applied) {
        const correction = sent.get(echo.mapping_id);
        if (correction) applied.push({ correction, mapping });
      }
      failures.push(...result.failures.map((item) => this.#api.errorOf(item)));
    }
    return { applied, failures };
  }
}
