/**
 * Mappings whose security group rules have still to be removed, over restarts: they are stored before a change that may leave a rule
 * without its mapping, and until OpenStack has removed it. One that is stored for no reason does no harm, because rules follow the mapping
 * as it is. The list is bounded; what it has no room for is kept in memory, and said.
 */
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import { counted } from '../../core/values/counted.ts';
import type { Orphan, OrphanStore } from '../interfaces/orphan-store.ts';

const MAX_STORED = 10_000;
const MAX_UNSTORED = 10_000;
/** After several looks in vain, so many are left out at most. */
const MAX_SKIPPED = 15;

export class OrphanedRules {
  readonly #store: OrphanStore;
  readonly #log: Logger;
  readonly #maxStored: number;
  /** Those that could not be stored, oldest first. */
  readonly #unstored = new Map<string, Orphan>();
  #stored: readonly Orphan[] = [];
  /** Of what is stored. Thousands of mappings may ask for theirs at once. */
  #storedIds: ReadonlySet<string> = new Set();
  #problem: string | undefined;
  /** Since some last had to wait. */
  #forgotten = 0;
  #misses = 0;
  #skips = 0;
  /** The look goes on from there. */
  #next = 0;

  constructor(store: OrphanStore, log: Logger, maxStored = MAX_STORED) {
    this.#store = store;
    this.#log = log;
    this.#maxStored = maxStored;
  }

  /** Why a restart would forget some of them, or some had to be forgotten, until there is room again; undefined otherwise. */
  get degradedReason(): string | undefined {
    if (this.#problem !== undefined) return `orphaned security group rules not stored: ${this.#problem}`;
    if (this.#forgotten > 0) return `security group rules of ${counted(this.#forgotten, 'mapping')} forgotten`;
    if (this.#unstored.size === 0) return undefined;
    const rest = counted(this.#unstored.size, 'mapping');
    return `security group rules of ${this.#maxStored} deleted mappings to remove; no room for ${rest} more`;
  }

  has(mappingId: string): boolean {
    return this.#unstored.has(mappingId) || this.#storedIds.has(mappingId);
  }

  /** Adds them durably. Never throws: what cannot be stored is logged, and kept in memory. */
  async add(orphans: readonly Orphan[]): Promise<void> {
    if (orphans.length === 0) return;
    for (const each of orphans) this.#unstored.set(each.mapping_id, each);
    await this.#update((before) => this.#filled(before));
    this.#forget();
  }

  /** Removes those whose rules are as they should be, and stores others that waited for their room. Never throws. */
  async remove(mappingIds: readonly string[]): Promise<void> {
    this.#takeFromWaiting(mappingIds);
    const gone = new Set(mappingIds);
    const stored = await this.#read();
    const hasWaiting = this.#unstored.size > 0 && stored.length < this.#maxStored;
    if (!hasWaiting && !mappingIds.some((id) => this.#storedIds.has(id))) return;
    await this.#update((before) => this.#filled(before.filter(({ mapping_id }) => !gone.has(mapping_id))));
  }

  /** Gives up to so many to look at now, in turn; none for some looks after those in vain. Never throws. */
  async due(count: number): Promise<readonly Orphan[]> {
    if (this.#skips > 0) {
      this.#skips -= 1;
      return [];
    }
    const all = [...(await this.#read()), ...this.#unstored.values()];
    if (this.#next >= all.length) this.#next = 0;
    const some = all.slice(this.#next, this.#next + count);
    this.#next += count;
    return some;
  }

  /** Takes whether a look at some of them has done what it should. */
  looked(isDone: boolean): void {
    this.#misses = isDone ? 0 : this.#misses + 1;
    this.#skips = isDone ? 0 : Math.min(2 ** (this.#misses - 1) - 1, MAX_SKIPPED);
  }

  async #read(): Promise<readonly Orphan[]> {
    try {
      this.#setStored(await this.#store.read());
      this.#problem = undefined;
    } catch (error) {
      this.#failed(error);
    }
    return this.#stored;
  }

  async #update(change: (before: readonly Orphan[]) => readonly Orphan[]): Promise<void> {
    let after: readonly Orphan[] = [];
    try {
      await this.#store.update((before) => {
        after = change(before);
        return after;
      });
      this.#setStored(after);
      this.#problem = undefined;
      this.#takeFromWaiting(this.#storedIds);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Gives the list with as many more of those that wait as it has room for. */
  #filled(before: readonly Orphan[]): readonly Orphan[] {
    const known = new Set(before.map(({ mapping_id }) => mapping_id));
    const added = [...this.#unstored.values()].filter(({ mapping_id }) => !known.has(mapping_id));
    return [...before, ...added.slice(0, Math.max(0, this.#maxStored - before.length))];
  }

  /** What was forgotten is in the log, and stays no longer in the state of the node than what is in the way. */
  #takeFromWaiting(mappingIds: Iterable<string>): void {
    for (const id of mappingIds) this.#unstored.delete(id);
    if (this.#unstored.size === 0) this.#forgotten = 0;
  }

  #setStored(orphans: readonly Orphan[]): void {
    // The store gives the same list until the file has another one.
    if (orphans !== this.#stored) this.#storedIds = new Set(orphans.map(({ mapping_id }) => mapping_id));
    this.#stored = orphans;
  }

  #failed(error: unknown): void {
    const reason = messageOf(error);
    if (reason !== this.#problem) this.#log.warn('orphaned rules not stored', { error: reason });
    this.#problem = reason;
  }

  #forget(): void {
    for (const id of this.#unstored.keys()) {
      if (this.#unstored.size <= MAX_UNSTORED) return;
      this.#unstored.delete(id);
      this.#forgotten += 1;
      this.#log.warn('orphaned rules forgotten', { mapping: id });
    }
  }
}
