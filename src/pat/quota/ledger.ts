/**
 * How many mappings each project has, and the gate before new ones. Counts are those of the store's records. A request
 * takes its place before it begins and gives it back when it has ended; by then the record has what became of it.
 * Invariant: within this process, a project never has more than its quota, and nobody is refused for a place that only a
 * request under way has, for that one may fail: who might fit waits for it. Commands without a daemon that run side by side
 * do not see one another.
 */
import { isPraasError, praasError } from '../errors.ts';
import type { QuotaReserver } from '../interfaces/quota.ts';
import type { MappingStore } from '../interfaces/store.ts';
import type { RouterRecord } from '../mapping/record.ts';
import { excessOf, type Quota, type Usage } from './quota.ts';
import type { QuotaStore } from './quota-store.ts';

export interface QuotaLedgerParts {
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  readonly quotas: Pick<QuotaStore, 'read'>;
  /** Of a project that has none of its own; may change. */
  readonly defaults: () => Quota;
}

/** A place that a request under way has. */
interface Reservation {
  readonly router_id: string;
  readonly counts: Counts;
}

type Touched = Pick<RouterRecord, 'router_id' | 'mappings'>;

/** By project. */
type Counts = ReadonlyMap<string, number>;

const NOTHING: Counts = new Map();

export class QuotaLedger implements QuotaReserver {
  readonly #parts: QuotaLedgerParts;
  readonly #byRouter = new Map<string, Counts>();
  /** Records that came since they were counted. */
  readonly #uncounted = new Map<string, Touched['mappings']>();
  readonly #totals = new Map<string, number>();
  readonly #reservations = new Set<Reservation>();
  #released = Promise.withResolvers<void>();
  #loading: Promise<void> | undefined;

  constructor(parts: QuotaLedgerParts) {
    this.#parts = parts;
  }

  /** To be told of the record after each transaction. It is counted when somebody asks: most changes need no count. */
  touched({ router_id, mappings }: Touched): void {
    this.#uncounted.set(router_id, mappings);
  }

  #countAll(): void {
    for (const [router_id, mappings] of this.#uncounted) this.#count(router_id, mappings);
    this.#uncounted.clear();
  }

  #count(router_id: string, mappings: Touched['mappings']): void {
    const counts = countsOf([...mappings.values()].map(({ project_id }) => project_id));
    for (const [project_id, count] of this.#byRouter.get(router_id) ?? NOTHING) {
      this.#totals.set(project_id, (this.#totals.get(project_id) ?? 0) - count);
    }
    for (const [project_id, count] of counts) {
      this.#totals.set(project_id, (this.#totals.get(project_id) ?? 0) + count);
    }
    this.#byRouter.set(router_id, counts);
  }

  /** Throws QUOTA_EXCEEDED, what QuotaStore.read and the store throw, and what `work` throws. */
  async reserve<T>(
    { router_id, projects }: Parameters<QuotaReserver['reserve']>[0],
    work: () => Promise<T>,
  ): Promise<T> {
    const counts = countsOf(projects);
    if (counts.size === 0) return work();
    await this.#load();
    const reservation = { router_id, counts };
    await this.#reservePlace(reservation);
    try {
      return await work();
    } finally {
      this.#release(reservation);
    }
  }

  /** How much a project has; `on_router` is that of the router where it has most. Throws what the store throws. */
  async usage(project_id: string): Promise<Usage> {
    await this.#load();
    this.#countAll();
    const onRouters = [...this.#byRouter.values()].map((counts) => counts.get(project_id) ?? 0);
    const onRouter = onRouters.reduce((most, count) => Math.max(most, count), 0);
    return { mappings: this.#totals.get(project_id) ?? 0, onRouter };
  }

  /** All that have mappings. Throws what the store throws. */
  async projects(): Promise<readonly string[]> {
    await this.#load();
    this.#countAll();
    return [...this.#totals].filter(([, count]) => count > 0).map(([project_id]) => project_id);
  }

  /** Waits while requests under way have the places, and takes them when they are free. */
  async #reservePlace(reservation: Reservation): Promise<void> {
    const own = await this.#parts.quotas.read();
    while (!this.#fits(reservation, own)) await this.#released.promise;
    this.#reservations.add(reservation);
  }

  /** False when it would fit but for requests under way. Throws QUOTA_EXCEEDED when it does not fit at all. */
  #fits({ router_id, counts }: Reservation, own: Awaited<ReturnType<QuotaStore['read']>>): boolean {
    this.#countAll();
    const quotas = [...counts].map(([project_id, count]) => ({
      project_id,
      count,
      quota: { ...this.#parts.defaults(), ...own.get(project_id) },
      stored: {
        mappings: this.#totals.get(project_id) ?? 0,
        onRouter: this.#byRouter.get(router_id)?.get(project_id) ?? 0,
      },
    }));
    for (const { project_id, count, quota, stored } of quotas) {
      const excess = excessOf(quota, stored, count);
      if (excess) throw praasError('QUOTA_EXCEEDED', { project: project_id, ...excess, asked: count });
    }
    return quotas.every(({ project_id, count, quota, stored }) => {
      const held = this.#held(router_id, project_id);
      const used = { mappings: stored.mappings + held.mappings, onRouter: stored.onRouter + held.onRouter };
      return excessOf(quota, used, count) === undefined;
    });
  }

  #knows(router_id: string): boolean {
    return this.#byRouter.has(router_id) || this.#uncounted.has(router_id);
  }

  #held(router_id: string, project_id: string): Usage {
    let [mappings, onRouter] = [0, 0];
    for (const reservation of this.#reservations) {
      const count = reservation.counts.get(project_id) ?? 0;
      mappings += count;
      if (reservation.router_id === router_id) onRouter += count;
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

  /** A record that cannot be read counts for nothing until it can be: it stops no other router, and its own refuses anyway. */
  async #loadAll(): Promise<void> {
    const { store } = this.#parts;
    const routerIds = (await store.routers()).filter((router_id) => !this.#knows(router_id));
    const records = await Promise.allSettled(routerIds.map((router_id) => store.read(router_id)));
    for (const result of records) {
      if (result.status === 'rejected') {
        if (!isPraasError(result.reason)) throw result.reason;
        this.#loading = undefined;
      } else if (!this.#knows(result.value.router_id)) {
        // One that was touched meanwhile is newer than what was read.
        this.touched(result.value);
      }
    }
  }
}

function countsOf(projects: readonly (string | null)[]): Counts {
  const counts = new Map<string, number>();
  for (const project_id of projects) {
    if (project_id !== null) counts.set(project_id, (counts.get(project_id) ?? 0) + 1);
  }
  return counts;
}
