/** Schemas of the responses about checks of mappings. */
import * as z from 'zod';
import { HOP_VERDICTS, HOPS } from '../../pat/check/report.ts';

export const CheckDocument = z
  .object({
    check: z.object({
      mapping_id: z.string(),
      ok: z.boolean().describe('no hop failed'),
      conclusion: z.string().describe('what failed and what to do'),
      hops: z
        .array(
          z.object({
            hop: z.enum(HOPS),
            verdict: z
              .enum(HOP_VERDICTS)
              .describe(
                'warning: it works, and needs attention; unknown: it could not be checked; skipped: there is nothing to check',
              ),
            detail: z.string(),
            next_step: z.string().describe('what to do, where the verdict is warning or failed'),
          }),
        )
        .describe('in the order of a packet from the client to the server'),
    }),
  })
  .meta({ id: 'CheckDocument' });
