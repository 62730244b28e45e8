/** /v1/quotas. */
import type { Quotas } from '../../pat/services/api.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { QuotaBody, QuotaDocument, QuotaListDocument } from './quota-schemas.ts';

export function quotaEndpoints(quotas: Quotas): readonly Endpoint[] {
  const path = '/v1/quotas/{id}';
  const tag = 'quotas';
  return [
    endpoint({
      method: 'get',
      path: '/v1/quotas',
      name: 'listQuotas',
      summary: 'List quotas',
      description:
        "The one of the caller's project; for callers of all projects those that have mappings or a quota of their own.",
      tag,
      action: 'quota:show',
      responses: { 200: { description: 'By project.', schema: QuotaListDocument } },
      handle: async ({ requester }) => ({ status: 200, body: { quotas: await quotas.list(requester) } }),
    }),
    endpoint({
      method: 'get',
      path,
      name: 'showQuota',
      summary: 'Show how many mappings a project may have, and how many it has',
      tag,
      action: 'quota:show',
      responses: { 200: { description: 'Its limits with what is in use.', schema: QuotaDocument } },
      handle: async ({ requester, id }) => ({ status: 200, body: { quota: await quotas.show(id, requester) } }),
    }),
    endpoint<undefined, QuotaBody>({
      method: 'patch',
      path,
      name: 'updateQuota',
      summary: 'Give a project a quota of its own',
      description:
        'What is left out stays as it was, at first the default. A quota below what is in use takes nothing away.',
      tag,
      action: 'quota:set',
      body: QuotaBody,
      responses: { 200: { description: 'Its limits with what is in use.', schema: QuotaDocument } },
      handle: async ({ requester, id, body }) => {
        return { status: 200, body: { quota: await quotas.set(id, body.quota, requester) } };
      },
    }),
    endpoint({
      method: 'delete',
      path,
      name: 'resetQuota',
      summary: 'Give a project the default quota again',
      tag,
      action: 'quota:set',
      responses: { 200: { description: 'Its limits with what is in use.', schema: QuotaDocument } },
      handle: async ({ requester, id }) => ({ status: 200, body: { quota: await quotas.reset(id, requester) } }),
    }),
  ];
}
