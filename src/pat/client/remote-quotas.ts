/** Quotas of a remote PAT agent. */

import type { ApiClient } from '../../core/client/api-client.ts';
import { praasError } from '../errors.ts';
import type { OwnQuota } from '../quota/quota.ts';
import type { Quotas, QuotaView } from '../services/api.ts';
import { QuotaDocument, QuotaListDocument } from './documents.ts';

const QUOTAS = '/v1/quotas';

export class RemoteQuotas implements Quotas {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async list(): Promise<readonly QuotaView[]> {
    return (await this.#api.request(QuotaListDocument, { method: 'GET', path: QUOTAS })).quotas;
  }

  async show(projectId: string): Promise<QuotaView> {
    return (await this.#api.request(QuotaDocument, { method: 'GET', path: pathOf(projectId) })).quota;
  }

  async set(projectId: string, quota: OwnQuota): Promise<QuotaView> {
    const request = { method: 'PATCH', path: pathOf(projectId), body: { quota } } as const;
    return (await this.#api.request(QuotaDocument, request)).quota;
  }

  async reset(projectId: string): Promise<QuotaView> {
    return (await this.#api.request(QuotaDocument, { method: 'DELETE', path: pathOf(projectId) })).quota;
  }
}

/** An empty project, or one that begins with a dot, would change the path of the request. */
function pathOf(project: string): string {
  if (project === '' || project.startsWith('.')) throw praasError('PROJECT_NOT_FOUND', { project });
  return `${QUOTAS}/${encodeURIComponent(project)}`;
}
