/** Quotas, as the daemon has them. */
import { parseInput } from '../../core/values/input.ts';
import { praasError } from '../errors.ts';
import { type OwnQuota, ProjectId } from '../quota/quota.ts';
import type { Quotas, QuotaView } from '../services/api.ts';
import { QuotaDocument, QuotaListDocument } from './answers.ts';
import type { ApiClient } from './api-client.ts';

const QUOTAS = '/v1/quotas';

export class RemoteQuotas implements Quotas {
  readonly #daemon: ApiClient;

  constructor(daemon: ApiClient) {
    this.#daemon = daemon;
  }

  async list(): Promise<readonly QuotaView[]> {
    return (await this.#daemon.ask(QuotaListDocument, { method: 'GET', path: QUOTAS })).quotas;
  }

  async show(project_id: string): Promise<QuotaView> {
    return (await this.#daemon.ask(QuotaDocument, { method: 'GET', path: pathOf(project_id) })).quota;
  }

  async set(project_id: string, quota: OwnQuota): Promise<QuotaView> {
    const ask = { method: 'PATCH', path: pathOf(project_id), body: { quota } } as const;
    return (await this.#daemon.ask(QuotaDocument, ask)).quota;
  }

  async reset(project_id: string): Promise<QuotaView> {
    return (await this.#daemon.ask(QuotaDocument, { method: 'DELETE', path: pathOf(project_id) })).quota;
  }
}

/** What cannot be an ID would lead to another place. */
function pathOf(project_id: string): string {
  const project = parseInput(ProjectId, project_id);
  if (project.startsWith('.')) throw praasError('PROJECT_NOT_FOUND', { project });
  return `${QUOTAS}/${encodeURIComponent(project)}`;
}
