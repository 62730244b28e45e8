/** Schemas of requests and responses about events and corrections. */
import * as z from 'zod';
import { Correction } from '../../pat/follow/correction.ts';
import { EVENT_TYPES, Event, EventAuthor } from '../../pat/mapping/event.ts';
import { MappingReference, RouterId } from '../../pat/mapping/mapping.ts';
import { ReasonCode } from '../../pat/mapping/reasons.ts';
import { ProblemDocument } from '../http/schemas.ts';
import { listOf, MappingSchema, numeral } from './schemas.ts';

const MAX_EVENTS = 1000;
const MAX_CORRECTIONS = 10_000;
const A_LIMIT = `a whole number from 1 to ${MAX_EVENTS}`;

export const EventQuery = z.strictObject({
  mapping_id: MappingReference.optional().describe('only events of this mapping, by its ID or a prefix of it'),
  router_id: RouterId.optional().describe('only events of mappings of this router'),
  type: z
    .enum(EVENT_TYPES, `one of ${EVENT_TYPES.join(', ')}`)
    .optional()
    .describe('only events of this type'),
  after: numeral(z.int('the ID of an event').min(0, 'the ID of an event'))
    .optional()
    .describe('only events after the event with this ID, oldest first; default: the newest events'),
  limit: numeral(z.int(A_LIMIT).min(1, A_LIMIT).max(MAX_EVENTS, A_LIMIT))
    .optional()
    .describe('maximum number of events; default: 100'),
});
export type EventQuery = z.infer<typeof EventQuery>;

const EventSchema = z
  .object({
    ...Event.shape,
    id: z.int().describe('increases with each event of a node'),
    at: z.string().describe('time of the event, in UTC'),
    type: z
      .enum(EVENT_TYPES)
      .describe(
        'followed, suspended, resumed: by the monitor; down, active: changes of the status without a request; omitted: this and ' +
          'later events of the project on that day are left out; reason_code says which',
      ),
    by: z.object(EventAuthor.shape).describe('requester'),
    reason: z.string().describe('why the mapping changed; empty without a reason'),
    reason_code: ReasonCode.nullable().describe(
      'code of the reason; null where the requester gave it, and without one',
    ),
    request_id: z.string().describe('ID of the request; empty without a request'),
    before: z.record(z.string(), z.unknown()).describe('changed fields with their previous values'),
    mapping: MappingSchema.omit({ counters: true }).describe(
      'the mapping after the event; for a deleted mapping, before it',
    ),
  })
  .meta({ id: 'Event' });

export const EventListDocument = z.object({ events: z.array(EventSchema) }).meta({ id: 'EventList' });

const EXAMPLE = {
  action: 'resume',
  mapping_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  router_id: '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11',
  seen: { server_ip: '10.20.0.51', server_id: null, port_id: null },
};

export const CorrectionsBody = z
  .strictObject({
    corrections: listOf(Correction, 'correction', MAX_CORRECTIONS),
  })
  .meta({ override: { examples: [{ corrections: [EXAMPLE] }] } });
export type CorrectionsBody = z.infer<typeof CorrectionsBody>;

export const AppliedCorrectionsDocument = z
  .object({
    applied: z.array(z.object({ correction: Correction, mapping: MappingSchema.omit({ counters: true }) })),
    failures: z.array(ProblemDocument).describe('routers whose corrections were not applied'),
  })
  .meta({ id: 'AppliedCorrections' });
