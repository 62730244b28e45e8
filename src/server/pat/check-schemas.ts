/** Schemas of the responses about checks of mappings. */
import * as z from 'zod';
import { HOP_VERDICTS, HOPS } from '../../pat/check/report.ts';

export const CheckDocument = z
  .object({
    check: z.object({
      mapping_id: z.string(),
      ok: z.boolean().describe('no hop is wrong'),
      conclusion: z.string().describe('the first problem and its next step'),
      hops: z
        .array(
          z.object({
            hop: z.enum(HOPS),
            verdict: z.enum(HOP_VERDICTS).describe('unknown: it could not be determined; skipped: it does not apply'),
            detail: z.string(),
            next_step: z.string().describe('for a wrong hop; otherwise empty'),
          }),
        )
        .describe('in the order of a packet from the client to the server'),
    }),
  })
  .meta({ id: 'CheckDocument' });
