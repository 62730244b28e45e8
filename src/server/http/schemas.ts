/** What every API says in the same form: errors, links, versions, health and readiness. */
import * as z from 'zod';

/** To the next page of a list. */
export const Link = z.object({ rel: z.literal('next'), href: z.string() });

export const Problem = z
  .object({
    request_id: z.string(),
    code: z.string().describe('such as praas.port-taken'),
    status: z.int(),
    title: z.string(),
    detail: z.string(),
    next_steps: z.array(z.string()),
    facts: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Problem' });
export const Errors = z.object({ errors: z.array(Problem) }).meta({ id: 'Errors' });

/** What GET / says, in the form in which OpenStack's services name their versions. */
export const VersionsDocument = z
  .object({
    versions: z.array(
      z.object({
        id: z.string(),
        status: z.literal('CURRENT'),
        version: z.string().describe('highest microversion; empty: there are none'),
        min_version: z.string().describe('lowest microversion; empty: there are none'),
        updated: z.string(),
        links: z.array(z.object({ rel: z.literal('self'), href: z.string() })),
      }),
    ),
  })
  .meta({ id: 'Versions' });
export type VersionsDocument = z.infer<typeof VersionsDocument>;

export const HealthDocument = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
export type HealthDocument = z.infer<typeof HealthDocument>;

const Check = z.object({
  name: z.string().describe('what was checked'),
  ok: z.boolean(),
  detail: z.string().describe('why not, and what to do; empty when it is ok'),
});
export type Check = z.infer<typeof Check>;
export const ReadinessDocument = z
  .object({
    ready: z.boolean().describe('every check is ok, except for those without which less works'),
    degraded: z.boolean().describe('ready, and a check without which less works is not ok'),
    checks: z.array(Check),
  })
  .meta({ id: 'Readiness' });
export type ReadinessDocument = z.infer<typeof ReadinessDocument>;
