/** Quotas as people see and set them. What belongs to another project is not there for whoever asks. */
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import { parseInput } from '../../core/values/input.ts';
import { praasError } from '../errors.ts';
import type { QuotaLedger } from '../quota/ledger.ts';
import { type OwnQuota, ProjectId, type Quota } from '../quota/quota.ts';
import type { QuotaStore } from '../quota/quota-store.ts';
import type { Quotas, QuotaView } from './api.ts';

export interface QuotaServiceParts {
  readonly quotas: QuotaStore;
  readonly ledger: Pick<QuotaLedger, 'usage' | 'projects'>;
  /** Of a project that has none of its own; may change. */
  readonly defaults: () => Quota;
}

export class QuotaService implements Quotas {
  readonly #parts: QuotaServiceParts;

  constructor(parts: QuotaServiceParts) {
    this.#parts = parts;
  }

  /** Of the requester's project; who sees all sees every project that has mappings or a quota of its own, by ID. */
  async list({ projectId }: Requester = ROOT): Promise<readonly QuotaView[]> {
    if (projectId !== null) return [await this.#view(projectId)];
    const { quotas, ledger: book } = this.#parts;
    const known = new Set([...(await quotas.read()).keys(), ...(await book.projects())]);
    return Promise.all([...known].toSorted().map((each) => this.#view(each)));
  }

  async show(project_id: string, requester: Requester = ROOT): Promise<QuotaView> {
    return this.#view(projectOf(project_id, requester));
  }

  async set(project_id: string, quota: OwnQuota, requester: Requester = ROOT): Promise<QuotaView> {
    const project = projectOf(project_id, requester);
    await this.#parts.quotas.update(project, (before) => ({ ...before, ...quota }));
    return this.#view(project);
  }

  async reset(project_id: string, requester: Requester = ROOT): Promise<QuotaView> {
    const project = projectOf(project_id, requester);
    await this.#parts.quotas.update(project, () => undefined);
    return this.#view(project);
  }

  async #view(project_id: string): Promise<QuotaView> {
    const { quotas, ledger: book, defaults } = this.#parts;
    const own = (await quotas.read()).get(project_id);
    const limits = { ...defaults(), ...own };
    const { mappings, onRouter } = await book.usage(project_id);
    return {
      project_id,
      is_default: own === undefined,
      mappings: { limit: limits.mappings, in_use: mappings },
      ports_per_router: { limit: limits.ports_per_router, in_use: onRouter },
    };
  }
}

/** Throws INVALID_INPUT, and PROJECT_NOT_FOUND for a project that is not the requester's. */
function projectOf(project_id: string, requester: Requester): string {
  const project = parseInput(ProjectId, project_id);
  if (!requester.sees(project)) throw praasError('PROJECT_NOT_FOUND', { project });
  return project;
}
