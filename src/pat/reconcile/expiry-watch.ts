/**
 * Tells when mappings expire, and before that when they will soon. One timer for all routers: what is due next is the first of a list in
 * order, so a change of a record costs as much as it changes.
 */
import type { Clock } from '../../core/clock.ts';
import { type Compare, SortedList } from '../../core/sorted-list.ts';
import type { Timers } from '../../core/timers.ts';
import { isExpired } from '../../core/values/time.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { Mappings } from '../mapping/mappings.ts';
import type { RouterRecord } from '../mapping/record.ts';

interface ExpiryWatchParts {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Called when mappings of the router have just expired. */
  readonly onExpired: (routerId: string, mappings: readonly Mapping[]) => void;
  /** Called once for each mapping and expiry time, before it expires. */
  readonly onExpiringSoon: (mapping: Mapping) => void;
}

const SOON_MS = 5 * 60 * 1000;
/** A timer may fire a fraction of a millisecond early. */
const TIMER_SLACK_MS = 5;
/** Longer timers overflow; a later time is scheduled again when the timer fires. */
const MAX_TIMER_MS = 24 * 3600 * 1000;

/** A mapping that will expire. */
interface Watched {
  readonly mapping: Mapping;
  /** When there is something to tell of it. */
  readonly dueMs: number;
  readonly isWarned: boolean;
}

type Due = Pick<Watched, 'dueMs'> & { readonly mapping: Pick<Mapping, 'id'> };

const BY_TIME: Compare<Due> = (a, b) =>
  a.dueMs - b.dueMs || (a.mapping.id < b.mapping.id ? -1 : 1 - Number(a.mapping.id === b.mapping.id));

export class ExpiryWatch {
  readonly #parts: ExpiryWatchParts;
  /** The mappings of each router as they were last seen. */
  readonly #seen = new Map<string, Mappings>();
  /** By ID. One that is disabled is here too: it may be enabled again. */
  readonly #watched = new Map<string, Watched>();
  #order = SortedList.of<Due, Watched>(BY_TIME, []);
  #cancel: (() => void) | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(parts: ExpiryWatchParts) {
    this.#parts = parts;
  }

  /** Takes the current record of a router. */
  update({ router_id, mappings }: RouterRecord): void {
    const now = this.#parts.clock.now();
    const { removed, added } = mappings.since(this.#seen.get(router_id) ?? Mappings.NONE);
    this.#seen.set(router_id, mappings);
    const before = new Map(removed.map(({ id }) => [id, this.#watched.get(id)]));
    const after = added.flatMap((mapping) => watchedOf(mapping, before.get(mapping.id), now) ?? []);
    this.#replace([...before.values()], after);
    this.#schedule();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#replace([...this.#watched.values()], []);
    this.#seen.clear();
  }

  #replace(before: readonly (Watched | undefined)[], after: readonly Watched[]): void {
    const removed = before.filter((each) => each !== undefined);
    if (removed.length + after.length === 0) return;
    for (const { mapping } of removed) this.#watched.delete(mapping.id);
    for (const watched of after) this.#watched.set(watched.mapping.id, watched);
    this.#order = this.#order.changed(removed, after);
  }

  #schedule(): void {
    const now = this.#parts.clock.now().getTime();
    const [first] = this.#order;
    const dueMs = first?.dueMs ?? Number.POSITIVE_INFINITY;
    if (dueMs === this.#dueMs && this.#cancel) return;
    this.#cancel?.();
    this.#dueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) {
      this.#cancel = undefined;
      return;
    }
    const waitMs = Math.min(Math.max(0, dueMs - now) + TIMER_SLACK_MS, MAX_TIMER_MS);
    this.#cancel = this.#parts.timers.after(waitMs, () => this.#onTimer());
  }

  #onTimer(): void {
    const now = this.#parts.clock.now();
    this.#cancel = undefined;
    const due: Watched[] = [];
    for (const watched of this.#order) {
      if (watched.dueMs > now.getTime()) break;
      due.push(watched);
    }
    const [expired, soon] = [due.filter(isOver(now)), due.filter((each) => !isOver(now)(each))];
    this.#replace(
      due,
      soon.map(({ mapping }) => watch(mapping, mapping.enabled)),
    );
    for (const { mapping } of soon) if (mapping.enabled) this.#parts.onExpiringSoon(mapping);
    const published = expired.map(({ mapping }) => mapping).filter(({ enabled }) => enabled);
    for (const [routerId, mappings] of Map.groupBy(published, ({ router_id }) => router_id))
      this.#parts.onExpired(routerId, mappings);
    this.#schedule();
  }
}

/**
 * Takes a mapping, and what was watched of it until now. One that has expired since the timer was set has had no callback yet, so it
 * stays until the timer fires. Undefined: there is nothing to watch.
 */
function watchedOf(mapping: Mapping, before: Watched | undefined, now: Date): Watched | undefined {
  const isSame = before !== undefined && before.mapping.expires_at === mapping.expires_at;
  if (mapping.expires_at === null || !(isSame || !isExpired(mapping, now))) return undefined;
  return watch(mapping, isSame && before.isWarned);
}

/** There is no warning of a mapping that is disabled. */
function watch(mapping: Mapping, isWarned: boolean): Watched {
  const expiryMs = Date.parse(mapping.expires_at ?? '');
  return { mapping, isWarned, dueMs: isWarned || !mapping.enabled ? expiryMs : expiryMs - SOON_MS };
}

function isOver(now: Date): (watched: Watched) => boolean {
  return ({ mapping }) => isExpired(mapping, now);
}
