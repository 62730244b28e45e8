/** Schemas of requests and responses about quotas. */
import * as z from 'zod';
import { Limit, OwnQuota } from '../../pat/quota/quota.ts';

const usage = (what: string) =>
  z.object({
    limit: Limit.describe(`maximum number of ${what}; -1: unlimited`),
    in_use: z.int().min(0).describe('current number, including disabled mappings'),
  });

const QuotaSchema = z
  .object({
    project_id: z.string(),
    is_default: z.boolean().describe('true: the default quota applies'),
    mappings: usage('mappings'),
    ports_per_router: usage('mappings on one router').describe('in_use is that of the router with the most mappings'),
  })
  .meta({ id: 'Quota' });

export const QuotaDocument = z.object({ quota: QuotaSchema }).meta({ id: 'QuotaDocument' });
export const QuotaListDocument = z.object({ quotas: z.array(QuotaSchema) }).meta({ id: 'QuotaList' });

export const QuotaBody = z
  .strictObject({
    quota: OwnQuota.refine((quota) => Object.keys(quota).length > 0, {
      message: 'an object with at least one limit',
    }).meta({
      id: 'OwnQuota',
      minProperties: 1,
    }),
  })
  .meta({ override: { examples: [{ quota: { mappings: 100, ports_per_router: 20 } }] } });
export type QuotaBody = z.infer<typeof QuotaBody>;
