/**
 * Counts the mappings of each project and reserves quota for new ones. The counts are those of the stored records; a request
 * reserves its mappings before it begins and releases them when it has ended, because by then the record has the result.
 * Invariant: within this process a project never exceeds its quota, and no request is refused for mappings that are only
 * reserved, because the request that reserved them may still fail: one that may fit waits. Commands that run without a daemon at
 * the same time do not see each other's reservations.
 */
import { isPraasError, praasError } from '../errors.ts';
import type { QuotaReserver } from '../interfaces/quota.ts';
import type { QuotaStore } from '../interfaces/quota-store.ts';
import type { MappingStore } from '../interfaces/store.ts';
import { Mappings } from '../mapping/mappings.ts';
import type { RouterRecord } from '../mapping/record.ts';
import { exceededLimit, type Quota, type QuotaUsage } from './quota.ts';

interface QuotaLedgerParts {
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  readonly quotas: Pick<QuotaStore, 'read'>;
  /** The quota of a project for which none is set. May change. */
  readonly defaults: () => Quota;
}

/** The mappings that a running request may still create. */
interface Reservation {
  readonly routerId: string;
  readonly counts: ProjectCounts;
}

type ChangedRecord = Pick<RouterRecord, 'router_id' | 'mappings'>;

/** Numbers of mappings, by project. */
type ProjectCounts = ReadonlyMap<string, number>;

export class QuotaLedger implements QuotaReserver {
  readonly #parts: QuotaLedgerParts;
  readonly #byRouter = new Map<string, Map<string, number>>();
  /** By router, the mappings that were counted last. */
  readonly #counted = new Map<string, Mappings>();
  readonly #totals = new Map<string, number>();
  readonly #reservations = new Set<Reservation>();
  #released = Promise.withResolvers<void>();
  #loading: Promise<void> | undefined;

  constructor(parts: QuotaLedgerParts) {
    this.#parts = parts;
  }

  /** Takes the record after each transaction. Costs as much as has changed since the last one. */
  recordChanged({ router_id: routerId, mappings }: ChangedRecord): void {
    const counts = this.#byRouter.get(routerId) ?? new Map<string, number>();
    const { removed, added } = mappings.since(this.#counted.get(routerId) ?? Mappings.NONE);
    for (const each of [counts, this.#totals]) {
      for (const { project_id } of removed) add(each, project_id, -1);
      for (const { project_id } of added) add(each, project_id, 1);
    }
    this.#byRouter.set(routerId, counts);
    this.#counted.set(routerId, mappings);
  }

  /** Throws QUOTA_EXCEEDED, what QuotaStore.read and the store throw, and what `work` throws. */
  async reserve<T>(
    { router_id: routerId, projects }: Parameters<QuotaReserver['reserve']>[0],
    work: () => Promise<T>,
  ): Promise<T> {
    const counts = countsOf(projects);
    if (counts.size === 0) return work();
    await this.#load();
    const reservation = { routerId, counts };
    await this.#waitUntilFits(reservation);
    try {
      return await work();
    } finally {
      this.#release(reservation);
    }
  }

  /** Gives how many mappings a project has; `onRouter` is for the router with most of them. Throws what the store throws. */
  async usage(projectId: string): Promise<QuotaUsage> {
    await this.#load();
    const onRouters = [...this.#byRouter.values()].map((counts) => counts.get(projectId) ?? 0);
    const onRouter = onRouters.reduce((max, count) => Math.max(max, count), 0);
    return { mappings: this.#totals.get(projectId) ?? 0, onRouter };
  }

  /** Gives all projects that have mappings. Throws what the store throws. */
  async projects(): Promise<readonly string[]> {
    await this.#load();
    return [...this.#totals.keys()];
  }

  /** Waits while the mappings of running requests take the quota, then reserves. */
  async #waitUntilFits(reservation: Reservation): Promise<void> {
    const own = await this.#parts.quotas.read();
    while (!this.#fits(reservation, own)) await this.#released.promise;
    this.#reservations.add(reservation);
  }

  /** False when only running requests keep it from fitting. Throws QUOTA_EXCEEDED when it does not fit without them either. */
  #fits({ routerId, counts }: Reservation, own: Awaited<ReturnType<QuotaStore['read']>>): boolean {
    const quotas = [...counts].map(([projectId, count]) => ({
      projectId,
      count,
      quota: { ...this.#parts.defaults(), ...own.get(projectId) },
      stored: {
        mappings: this.#totals.get(projectId) ?? 0,
        onRouter: this.#byRouter.get(routerId)?.get(projectId) ?? 0,
      },
    }));
    for (const { projectId, count, quota, stored } of quotas) {
      const exceeded = exceededLimit(quota, stored, count);
      if (exceeded) throw praasError('QUOTA_EXCEEDED', { project: projectId, ...exceeded, requested: count });
    }
    return quotas.every(({ projectId, count, quota, stored }) => {
      const reserved = this.#reserved(routerId, projectId);
      const used = { mappings: stored.mappings + reserved.mappings, onRouter: stored.onRouter + reserved.onRouter };
      return exceededLimit(quota, used, count) === undefined;
    });
  }

  #reserved(routerId: string, projectId: string): QuotaUsage {
    let [mappings, onRouter] = [0, 0];
    for (const reservation of this.#reservations) {
      const count = reservation.counts.get(projectId) ?? 0;
      mappings += count;
      if (reservation.routerId === routerId) onRouter += count;
    }
    return { mappings, onRouter };
  }

  #release(reservation: Reservation): void {
    this.#reservations.delete(reservation);
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }

  #load(): Promise<void> {
    this.#loading ??= this.#loadAll().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /** A record that cannot be read counts as empty until it can be read: other routers stay usable, and its own refuses changes. */
  async #loadAll(): Promise<void> {
    const { store } = this.#parts;
    const routerIds = (await store.routers()).filter((routerId) => !this.#counted.has(routerId));
    const records = await Promise.allSettled(routerIds.map((routerId) => store.read(routerId)));
    for (const result of records) {
      if (result.status === 'rejected') {
        if (!isPraasError(result.reason)) throw result.reason;
        this.#loading = undefined;
      } else if (!this.#counted.has(result.value.router_id)) {
        // A record that changed while this one was read is newer.
        this.recordChanged(result.value);
      }
    }
  }
}

/** A project that has none any more is left out. */
function add(counts: Map<string, number>, projectId: string | null, count: number): void {
  if (projectId === null) return;
  const sum = (counts.get(projectId) ?? 0) + count;
  if (sum === 0) counts.delete(projectId);
  else counts.set(projectId, sum);
}

function countsOf(projects: readonly (string | null)[]): ProjectCounts {
  const counts = new Map<string, number>();
  for (const projectId of projects) {
    if (projectId !== null) counts.set(projectId, (counts.get(projectId) ?? 0) + 1);
  }
  return counts;
}
