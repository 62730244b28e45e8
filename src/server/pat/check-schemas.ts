/** What goes over the wire about checks. */
import * as z from 'zod';
import { HOP_VERDICTS, HOPS } from '../../pat/check/report.ts';

export const CheckDocument = z
  .object({
    check: z.object({
      mapping_id: z.string(),
      ok: z.boolean().describe('nothing was found wrong'),
      conclusion: z.string().describe('what is wrong and what to do, in one sentence'),
      hops: z
        .array(
          z.object({
            hop: z.enum(HOPS),
            verdict: z
              .enum(HOP_VERDICTS)
              .describe('unknown: it could not be found out; skipped: there is nothing to find out'),
            detail: z.string(),
            next_step: z.string().describe('where it is wrong: what to do'),
          }),
        )
        .describe('in the order in which a packet comes'),
    }),
  })
  .meta({ id: 'CheckDocument' });
