import type { Corrections } from '../../pat/follow/correction.ts';
import type { Events } from '../../pat/interfaces/events.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { AppliedCorrectionsDocument, CorrectionsBody, EventListDocument, EventQuery } from './event-schemas.ts';

export interface EventsParts {
  readonly events: Events;
  readonly corrections: Corrections;
}

export function eventEndpoints({ events, corrections }: EventsParts): readonly Endpoint[] {
  const list = endpoint<EventQuery>({
    method: 'get',
    path: '/v1/events',
    name: 'listEvents',
    summary: 'List what happened to mappings',
    description:
      'By whom and why, for as many days as the operator keeps it (`retain_days`), of mappings that are gone too.',
    tag: 'events',
    action: 'event:list',
    query: EventQuery,
    responses: { 200: { description: 'Oldest first.', schema: EventListDocument } },
    handle: async ({ requester, query }) => {
      return { status: 200, body: { events: await events.list({ ...query, project_id: requester.projectId }) } };
    },
  });
  const carryOut = endpoint<undefined, CorrectionsBody>({
    method: 'post',
    path: '/v1/corrections',
    name: 'applyCorrections',
    summary: 'Let mappings follow the cloud',
    description:
      'For `praas monitor`: what it found of mappings. A correction on a mapping that has changed since it was judged is void.',
    tag: 'events',
    action: 'mapping:follow',
    body: CorrectionsBody,
    responses: { 200: { description: 'What has been done.', schema: AppliedCorrectionsDocument } },
    handle: async ({ body }) => {
      const { applied, failures } = await corrections.apply(body.corrections);
      return { status: 200, body: { applied, failures: failures.map(({ message }) => message) } };
    },
  });
  return [list, carryOut];
}
