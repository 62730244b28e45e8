/**
 * A list in order that never changes: a change gives a new list, which shares with the old one everything that is the same. It is kept
 * in chunks, and a change copies one chunk and the list of chunks. So a change and a search cost nearly the same with a hundred entries
 * and with a hundred thousand, and whoever holds a list keeps what they have read.
 */

/** Negative: the first is before the second; 0: they are the same entry of a list. */
export type Compare<K> = (a: K, b: K) => number;

type Chunks<T> = readonly (readonly T[])[];

const CHUNK = 256;
/** A larger chunk is split. */
const MOST = 2 * CHUNK;
/** A smaller chunk is joined with the next one. */
const LEAST = CHUNK / 4;
/** From this share of the list on, it is cheaper to sort it anew than to change one entry after the other. */
const REBUILD_SHARE = 1 / 16;

export class SortedList<K, T extends K = K> {
  readonly size: number;
  readonly #compare: Compare<K>;
  /** None is empty. */
  readonly #chunks: Chunks<T>;

  private constructor(compare: Compare<K>, chunks: Chunks<T>, size: number) {
    this.#compare = compare;
    this.#chunks = chunks;
    this.size = size;
  }

  /** Of entries that are the same by `compare`, takes the last one. */
  static of<K, T extends K>(compare: Compare<K>, entries: Iterable<T>): SortedList<K, T> {
    const sorted = Array.from(entries).toSorted(compare);
    const single = sorted.filter(
      (entry, index) => index + 1 === sorted.length || !isSame(compare, sorted, index, entry),
    );
    const chunks: T[][] = [];
    for (let start = 0; start < single.length; start += CHUNK) chunks.push(single.slice(start, start + CHUNK));
    return new SortedList(compare, chunks, single.length);
  }

  /** Gives the list without the entries that are the same as those of `removed`, and with those of `added`, in place of the same ones. */
  changed(removed: readonly K[], added: readonly T[]): SortedList<K, T> {
    const count = removed.length + added.length;
    if (count > CHUNK && count > this.size * REBUILD_SHARE) {
      const gone = SortedList.of(this.#compare, removed);
      const kept = [...this].filter((entry) => gone.get(entry) === undefined);
      return SortedList.of(this.#compare, [...kept, ...added]);
    }
    const without = removed.reduce<SortedList<K, T>>((list, key) => list.#without(key), this);
    return added.reduce((list, entry) => list.#with(entry), without);
  }

  /** Gives the entry that is the same as `key`. */
  get(key: K): T | undefined {
    const { chunk, index, isFound } = this.#find(key);
    return isFound ? this.#chunks[chunk]?.[index] : undefined;
  }

  [Symbol.iterator](): Generator<T> {
    return this.from(() => false);
  }

  /** Gives the entries from the first one on for which `isBefore` is false. It must be true for entries at the front only. */
  *from(isBefore: (entry: T) => boolean): Generator<T> {
    const start = Math.max(0, partition(this.#chunks, ([first]) => first !== undefined && isBefore(first)) - 1);
    const skipped = partition(this.#chunks[start] ?? [], isBefore);
    for (const [index, chunk] of this.#chunks.slice(start).entries()) yield* index === 0 ? chunk.slice(skipped) : chunk;
  }

  /** Gives what `before` has and this does not, and the other way round. Costs as much as differs where one was made from the other. */
  since(before: SortedList<K, T>): { readonly removed: T[]; readonly added: T[] } {
    const [oldChunks, newChunks] = withoutCommonEnds(before.#chunks, this.#chunks);
    const [old, now] = [new Set(oldChunks), new Set(newChunks)];
    const [gone, come] = withoutCommonEnds(
      oldChunks.flatMap((chunk) => (now.has(chunk) ? [] : chunk)),
      newChunks.flatMap((chunk) => (old.has(chunk) ? [] : chunk)),
    );
    const removed = new Set(gone);
    const added = come.filter((entry) => !removed.delete(entry));
    return { removed: [...removed], added };
  }

  #with(entry: T): SortedList<K, T> {
    const { chunk: at, index, isFound } = this.#find(entry);
    const chunk = (this.#chunks[at] ?? []).toSpliced(index, isFound ? 1 : 0, entry);
    const parts = chunk.length > MOST ? [chunk.slice(0, CHUNK), chunk.slice(CHUNK)] : [chunk];
    return new SortedList(this.#compare, this.#chunks.toSpliced(at, 1, ...parts), this.size + (isFound ? 0 : 1));
  }

  #without(key: K): SortedList<K, T> {
    const { chunk: at, index, isFound } = this.#find(key);
    if (!isFound) return this;
    const chunk = (this.#chunks[at] ?? []).toSpliced(index, 1);
    const next = this.#chunks[at + 1] ?? [];
    const isJoined = chunk.length < LEAST && chunk.length + next.length <= MOST;
    const parts = isJoined ? [[...chunk, ...next]] : [chunk];
    const chunks = this.#chunks.toSpliced(at, isJoined ? 2 : 1, ...parts.filter(({ length }) => length > 0));
    return new SortedList(this.#compare, chunks, this.size - 1);
  }

  /** Where an entry is, or has to be put. */
  #find(key: K): { readonly chunk: number; readonly index: number; readonly isFound: boolean } {
    const isAfter = ([first]: readonly T[]): boolean => first !== undefined && this.#compare(first, key) <= 0;
    const chunk = Math.max(0, partition(this.#chunks, isAfter) - 1);
    const entries = this.#chunks[chunk] ?? [];
    const index = partition(entries, (entry) => this.#compare(entry, key) < 0);
    const entry = entries[index];
    return { chunk, index, isFound: entry !== undefined && this.#compare(entry, key) === 0 };
  }
}

function isSame<K, T extends K>(compare: Compare<K>, sorted: readonly T[], index: number, entry: T): boolean {
  const next = sorted[index + 1];
  return next !== undefined && compare(entry, next) === 0;
}

/** Most of two versions is the same, at both ends of what differs; to see that takes no hashing. */
function withoutCommonEnds<T>(one: readonly T[], other: readonly T[]): [readonly T[], readonly T[]] {
  const least = Math.min(one.length, other.length);
  let [start, end] = [0, 0];
  while (start < least && one[start] === other[start]) start++;
  while (end < least - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end++;
  return [one.slice(start, one.length - end), other.slice(start, other.length - end)];
}

/** Gives the number of entries at the front for which `isBefore` is true. */
function partition<T>(entries: readonly T[], isBefore: (entry: T) => boolean): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(entries[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
