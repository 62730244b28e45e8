/** Documents that are the same for every API: errors, links, versions, health and readiness. */
import * as z from 'zod';

/** To the next page of a list. */
export const Link = z.object({ rel: z.literal('next'), href: z.string() });

export const ProblemDocument = z
  .object({
    request_id: z.string(),
    code: z.string().describe('for programs, such as praas.forbidden'),
    status: z.int(),
    title: z.string(),
    detail: z.string(),
    next_steps: z.array(z.string()),
    facts: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Problem' });
export const ErrorsDocument = z.object({ errors: z.array(ProblemDocument) }).meta({ id: 'Errors' });

/** The response of GET /, in the form in which the OpenStack services list their versions. */
export const VersionsDocument = z
  .object({
    versions: z.array(
      z.object({
        id: z.string(),
        status: z.literal('CURRENT'),
        version: z.string().describe('highest microversion; empty without microversions'),
        min_version: z.string().describe('lowest microversion; empty without microversions'),
        updated: z.string(),
        links: z.array(z.object({ rel: z.literal('self'), href: z.string() })),
      }),
    ),
  })
  .meta({ id: 'Versions' });
export type VersionsDocument = z.infer<typeof VersionsDocument>;

export const HealthDocument = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
export type HealthDocument = z.infer<typeof HealthDocument>;

const CheckResult = z.object({
  name: z.string().describe('name of the check'),
  ok: z.boolean(),
  detail: z.string().describe('reason and next step; empty when the check is ok'),
});
export type CheckResult = z.infer<typeof CheckResult>;
export const ReadinessDocument = z
  .object({
    ready: z.boolean().describe('every required check is ok'),
    degraded: z.boolean().describe('ready, but an optional check is not ok'),
    checks: z.array(CheckResult),
  })
  .meta({ id: 'Readiness' });
export type ReadinessDocument = z.infer<typeof ReadinessDocument>;
