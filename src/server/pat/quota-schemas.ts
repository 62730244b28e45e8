/** What goes over the wire about quotas, as schemas: they check requests, and /openapi.json is made of them. */
import * as z from 'zod';
import { Limit, OwnQuota } from '../../pat/quota/quota.ts';

const line = (what: string) =>
  z.object({
    limit: Limit.describe(`${what} that it may have; -1: any number`),
    in_use: z.int().min(0).describe('those that are disabled too'),
  });

const QuotaAnswer = z
  .object({
    project_id: z.string(),
    is_default: z.boolean().describe('it has no quota of its own'),
    mappings: line('mappings'),
    ports_per_router: line('mappings on one router').describe('in use: on the router where it has most'),
  })
  .meta({ id: 'Quota' });

export const QuotaDocument = z.object({ quota: QuotaAnswer }).meta({ id: 'QuotaDocument' });
export const QuotaListDocument = z.object({ quotas: z.array(QuotaAnswer) }).meta({ id: 'QuotaList' });

export const QuotaBody = z
  .strictObject({
    quota: OwnQuota.refine((quota) => Object.keys(quota).length > 0, { message: 'one limit or more' }).meta({
      id: 'OwnQuota',
      minProperties: 1,
    }),
  })
  .meta({ override: { examples: [{ quota: { mappings: 100, ports_per_router: 20 } }] } });
export type QuotaBody = z.infer<typeof QuotaBody>;
