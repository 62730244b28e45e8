/** /v1/events and /v1/corrections. */

import type { Events } from '../../pat/interfaces/events.ts';
import type { Corrections } from '../../pat/services/api.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { AppliedCorrectionsDocument, CorrectionsBody, EventListDocument, EventQuery } from './event-schemas.ts';
import { type FailureParts, problemsOf } from './failures.ts';

interface EventsParts extends FailureParts {
  readonly events: Events;
  readonly corrections: Corrections;
}

export function eventEndpoints(parts: EventsParts): readonly Endpoint[] {
  const { events, corrections } = parts;
  const list = endpoint<EventQuery>({
    method: 'get',
    path: '/v1/events',
    name: 'listEvents',
    summary: 'List events of mappings',
    description: 'Events are kept for the retention time of the node, including those of deleted mappings.',
    tag: 'events',
    action: 'event:list',
    query: EventQuery,
    responses: { 200: { description: 'Events, oldest first.', schema: EventListDocument } },
    handle: async ({ requester, query }) => {
      return { status: 200, body: { events: await events.list({ ...query, project_id: requester.projectId }) } };
    },
  });
  const apply = endpoint<undefined, CorrectionsBody>({
    method: 'post',
    path: '/v1/corrections',
    name: 'applyCorrections',
    summary: 'Apply corrections of the monitor',
    description: 'For `praas monitor`. A correction is ignored when its mapping has changed since it was inspected.',
    tag: 'events',
    action: 'mapping:follow',
    body: CorrectionsBody,
    writes: ({ body }) => body.corrections.length,
    responses: { 200: { description: 'Applied corrections, and failures.', schema: AppliedCorrectionsDocument } },
    handle: async ({ requester, body }) => {
      const { applied, failures } = await corrections.apply(body.corrections);
      return { status: 200, body: { applied, failures: problemsOf(parts, requester, failures) } };
    },
  });
  return [list, apply];
}
