/** What goes over the wire about events and corrections, as schemas: they check requests, and /openapi.json is made of them. */
import * as z from 'zod';
import { Correction } from '../../pat/follow/correction.ts';
import { EVENT_TYPES, Event, EventAuthor } from '../../pat/mapping/event.ts';
import { MappingAnswer } from './schemas.ts';

const MOST_EVENTS = 1000;
const MAX_CORRECTIONS = 10_000;
const A_NUMBER = `a whole number from 1 to ${MOST_EVENTS}`;
const numeral = (schema: z.ZodType<number>) =>
  z.preprocess((text) => (typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : text), schema);

export const EventQuery = z.strictObject({
  mapping_id: z
    .string('an ID')
    .max(64, 'an ID')
    .optional()
    .describe('only events of this mapping, by its ID or a beginning'),
  router_id: z.string('an ID').max(128, 'an ID').optional().describe('only events of mappings of this router'),
  type: z
    .enum(EVENT_TYPES, `one of ${EVENT_TYPES.join(', ')}`)
    .optional()
    .describe('only events of this type'),
  after: numeral(z.int('the ID of an event').min(0, 'the ID of an event'))
    .optional()
    .describe('only events after the one with this ID, oldest first; without it the newest'),
  limit: numeral(z.int(A_NUMBER).min(1, A_NUMBER).max(MOST_EVENTS, A_NUMBER))
    .optional()
    .describe('so many at most; default: 100'),
});
export type EventQuery = z.infer<typeof EventQuery>;

const EventAnswer = z
  .object({
    ...Event.shape,
    id: z.int().describe('grows with each event of a node'),
    at: z.string().describe('when, in UTC'),
    type: z
      .enum(EVENT_TYPES)
      .describe('followed, suspended, resumed: by the monitor; down, active: status changes that nobody asked for'),
    by: z.object(EventAuthor.shape).describe('who did it; a name says more'),
    reason: z.string().describe('why; empty where whoever did it gave none'),
    request_id: z.string().describe('of the request; empty when nobody asked'),
    before: z.record(z.string(), z.unknown()).describe('fields that changed, with what they were before'),
    mapping: MappingAnswer.omit({ counters: true }).describe('as it was after; one that is gone, as it was before'),
  })
  .meta({ id: 'Event' });

export const EventListDocument = z.object({ events: z.array(EventAnswer) }).meta({ id: 'EventList' });

const EXAMPLE = {
  action: 'resume',
  mapping_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  router_id: '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11',
  seen: { server_ip: '10.20.0.51', server_id: null, port_id: null },
};

export const CorrectionsBody = z
  .strictObject({
    corrections: z
      .array(Correction, 'a list of corrections')
      .min(1, 'one correction or more')
      .max(MAX_CORRECTIONS, `at most ${MAX_CORRECTIONS} corrections`),
  })
  .meta({ override: { examples: [{ corrections: [EXAMPLE] }] } });
export type CorrectionsBody = z.infer<typeof CorrectionsBody>;

export const AppliedCorrectionsDocument = z
  .object({
    applied: z.array(z.object({ correction: Correction, mapping: MappingAnswer.omit({ counters: true }) })),
    failures: z.array(z.string()).describe('why some could not be carried out'),
  })
  .meta({ id: 'AppliedCorrections' });
