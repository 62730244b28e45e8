import type { Verdicts } from '../../pat/follow/correction.ts';
import type { Events } from '../../pat/interfaces/events.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { CarriedOutDocument, EventListDocument, EventQuery, VerdictsBody } from './event-schemas.ts';

export interface EventsParts {
  readonly events: Events;
  readonly verdicts: Verdicts;
}

export function eventEndpoints({ events, verdicts }: EventsParts): readonly Endpoint[] {
  const list = endpoint<EventQuery>({
    method: 'get',
    path: '/v1/events',
    name: 'listEvents',
    summary: 'List what happened to mappings',
    description:
      'By whom and why, for as many days as the operator keeps it (`retain`), of mappings that are gone too.',
    tag: 'events',
    action: 'event:list',
    query: EventQuery,
    responses: { 200: { description: 'Oldest first.', schema: EventListDocument } },
    handle: async ({ requester, query }) => {
      return { status: 200, body: { events: await events.list({ ...query, project_id: requester.projectId }) } };
    },
  });
  const carryOut = endpoint<undefined, VerdictsBody>({
    method: 'post',
    path: '/v1/verdicts',
    name: 'carryOutVerdicts',
    summary: 'Let mappings follow the cloud',
    description:
      'For `praas monitor`: what it found of mappings. A verdict on a mapping that has changed since it was judged is void.',
    tag: 'events',
    action: 'mapping:follow',
    body: VerdictsBody,
    responses: { 200: { description: 'What has been done.', schema: CarriedOutDocument } },
    handle: async ({ body }) => {
      const { applied, failures } = await verdicts.carryOut(body.verdicts);
      return { status: 200, body: { applied, failures: failures.map(({ message }) => message) } };
    },
  });
  return [list, carryOut];
}
