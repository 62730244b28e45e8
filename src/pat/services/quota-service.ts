/** Shows and sets the quotas of projects. A project that the requester does not see is not found. */
import type { Requester } from '../../core/identity/requester.ts';
import { praasError } from '../errors.ts';
import type { QuotaStore } from '../interfaces/quota-store.ts';
import type { QuotaLedger } from '../quota/ledger.ts';
import type { OwnQuota, Quota } from '../quota/quota.ts';
import type { Quotas, QuotaView } from './api.ts';

interface QuotaServiceParts {
  readonly quotas: QuotaStore;
  readonly ledger: Pick<QuotaLedger, 'usage' | 'projects'>;
  /** The quota of a project for which none is set. May change. */
  readonly defaults: () => Quota;
}

export class QuotaService implements Quotas {
  readonly #parts: QuotaServiceParts;

  constructor(parts: QuotaServiceParts) {
    this.#parts = parts;
  }

  /** Gives the requester's project; for a requester of all projects, those with mappings or a quota of their own, by ID. */
  async list({ projectId }: Requester): Promise<readonly QuotaView[]> {
    if (projectId !== null) return [await this.#view(projectId)];
    const { quotas, ledger } = this.#parts;
    const known = new Set([...(await quotas.read()).keys(), ...(await ledger.projects())]);
    return Promise.all([...known].toSorted().map((each) => this.#view(each)));
  }

  async show(projectId: string, requester: Requester): Promise<QuotaView> {
    return this.#view(requireVisible(projectId, requester));
  }

  async set(projectId: string, quota: OwnQuota, requester: Requester): Promise<QuotaView> {
    const project = requireVisible(projectId, requester);
    await this.#parts.quotas.update(project, (before) => ({ ...before, ...quota }));
    return this.#view(project);
  }

  async reset(projectId: string, requester: Requester): Promise<QuotaView> {
    const project = requireVisible(projectId, requester);
    await this.#parts.quotas.update(project, () => undefined);
    return this.#view(project);
  }

  async #view(projectId: string): Promise<QuotaView> {
    const { quotas, ledger, defaults } = this.#parts;
    const own = (await quotas.read()).get(projectId);
    const limits = { ...defaults(), ...own };
    const { mappings, onRouter } = await ledger.usage(projectId);
    return {
      project_id: projectId,
      is_default: own === undefined,
      mappings: { limit: limits.mappings, in_use: mappings },
      ports_per_router: { limit: limits.ports_per_router, in_use: onRouter },
    };
  }
}

/** Gives the ID back. Throws PROJECT_NOT_FOUND for a project that the requester does not see. */
function requireVisible(project: string, requester: Requester): string {
  if (!requester.sees(project)) throw praasError('PROJECT_NOT_FOUND', { project });
  return project;
}
