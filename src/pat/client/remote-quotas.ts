/** Quotas of a remote PAT agent. */
import { parseInput } from '../../core/values/input.ts';
import { praasError } from '../errors.ts';
import { type OwnQuota, ProjectId } from '../quota/quota.ts';
import type { Quotas, QuotaView } from '../services/api.ts';
import type { ApiClient } from './api-client.ts';
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

  async show(project_id: string): Promise<QuotaView> {
    return (await this.#api.request(QuotaDocument, { method: 'GET', path: pathOf(project_id) })).quota;
  }

  async set(project_id: string, quota: OwnQuota): Promise<QuotaView> {
    const request = { method: 'PATCH', path: pathOf(project_id), body: { quota } } as const;
    return (await this.#api.request(QuotaDocument, request)).quota;
  }

  async reset(project_id: string): Promise<QuotaView> {
    return (await this.#api.request(QuotaDocument, { method: 'DELETE', path: pathOf(project_id) })).quota;
  }
}

/** A project that begins with a dot would change the path of the request. */
function pathOf(project_id: string): string {
  const project = parseInput(ProjectId, project_id);
  if (project.startsWith('.')) throw praasError('PROJECT_NOT_FOUND', { project });
  return `${QUOTAS}/${encodeURIComponent(project)}`;
}
