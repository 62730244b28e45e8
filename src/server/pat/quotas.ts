/** /v1/quotas. */
import { ProjectId, StoredProjectId } from '../../pat/quota/quota.ts';
import type { Quotas } from '../../pat/services/api.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { QuotaBody, QuotaDocument, QuotaListDocument } from './quota-schemas.ts';

const path = '/v1/quotas/{id}';
const tag = 'quotas';

export function quotaEndpoints(quotas: Quotas): readonly Endpoint[] {
  return [...readEndpoints(quotas), ...changeEndpoints(quotas)];
}

function readEndpoints(quotas: Quotas): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/v1/quotas',
      name: 'listQuotas',
      summary: 'List the quotas of projects',
      description:
        'The quota of the project of the requester. For a requester of all projects: the quotas of all projects with mappings ' +
        'or with a quota of their own.',
      tag,
      action: 'quota:show',
      responses: { 200: { description: 'Quotas, by project.', schema: QuotaListDocument } },
      handle: async ({ requester }) => ({ status: 200, body: { quotas: await quotas.list(requester) } }),
    }),
    endpoint({
      method: 'get',
      path,
      name: 'showQuota',
      summary: 'Show the quota of a project and its usage',
      tag,
      action: 'quota:show',
      id: StoredProjectId,
      responses: { 200: { description: 'The quota with its usage.', schema: QuotaDocument } },
      handle: async ({ requester, id }) => ({
        status: 200,
        body: { quota: await quotas.show(id, requester) },
      }),
    }),
  ];
}

function changeEndpoints(quotas: Quotas): readonly Endpoint[] {
  return [
    endpoint<undefined, QuotaBody>({
      method: 'patch',
      path,
      name: 'updateQuota',
      summary: 'Set the quota of a project',
      description:
        'Limits that are left out do not change; initially the default applies. A limit below the current usage deletes ' +
        'nothing.',
      tag,
      action: 'quota:set',
      id: ProjectId,
      body: QuotaBody,
      responses: { 200: { description: 'The quota with its usage.', schema: QuotaDocument } },
      handle: async ({ requester, id, body }) => {
        return { status: 200, body: { quota: await quotas.set(id, body.quota, requester) } };
      },
    }),
    endpoint({
      method: 'delete',
      path,
      name: 'resetQuota',
      summary: 'Reset the quota of a project to the default',
      tag,
      action: 'quota:set',
      id: StoredProjectId,
      responses: { 200: { description: 'The quota with its usage.', schema: QuotaDocument } },
      handle: async ({ requester, id }) => ({
        status: 200,
        body: { quota: await quotas.reset(id, requester) },
      }),
    }),
  ];
}
