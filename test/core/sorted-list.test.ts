/** A sorted list is what an array would be that is sorted anew after each change; and a change leaves the old list, and copies little. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SortedList } from '../../src/core/sorted-list.ts';

interface Key {
  readonly key: number;
}
interface Entry extends Key {
  readonly text: string;
}

const byKey = (a: Key, b: Key): number => a.key - b.key;
const listOf = (entries: readonly Entry[]): SortedList<Key, Entry> => SortedList.of<Key, Entry>(byKey, entries);
const many = (count: number, step = 1): Entry[] =>
  Array.from({ length: count }, (_, index) => ({ key: index * step, text: 'many' }));

/** What the list must be like. */
class Model {
  entries: readonly Entry[];

  constructor(entries: readonly Entry[]) {
    this.entries = [...new Map(entries.map((entry) => [entry.key, entry])).values()].toSorted(byKey);
  }

  changed(removed: readonly Key[], added: readonly Entry[]): Model {
    const gone = new Set(removed.map(({ key }) => key));
    return new Model([...this.entries.filter(({ key }) => !gone.has(key)), ...added]);
  }
}

const KEY = fc.record({ key: fc.nat(400) });
const ENTRY = fc.record({ key: fc.nat(400), text: fc.string({ maxLength: 3 }) });
const RUN = fc.tuple(fc.nat(4000), fc.integer({ min: 1, max: 700 }), fc.constantFrom(1, 3));
/** A few entries here and there, or a run of many, added or removed: the latter split and join chunks. */
const CHANGE = fc.oneof(
  fc.record({ removed: fc.array(KEY, { maxLength: 5 }), added: fc.array(ENTRY, { maxLength: 5 }) }),
  fc.record({ isAdded: fc.boolean(), isSlow: fc.boolean(), run: RUN }),
);

test('random changes leave what they leave in an array, and what was read before stays as it was', () => {
  const property = fc.property(fc.array(ENTRY), fc.array(CHANGE, { maxLength: 12 }), (entries, changes) => {
    let [list, model] = [listOf(entries), new Model(entries)];
    const versions = [{ list, model }];
    for (const change of changes) {
      const steps = 'run' in change ? stepsOf(change) : [change];
      for (const { removed, added } of steps) {
        const next = list.changed(removed, added);
        const { removed: gone, added: come } = next.since(list);
        const [before, after] = [new Set(list), new Set(next)];
        expect(new Set(gone)).toEqual(new Set([...before].filter((entry) => !after.has(entry))));
        expect(new Set(come)).toEqual(new Set([...after].filter((entry) => !before.has(entry))));
        list = next;
        model = model.changed(removed, added);
      }
      versions.push({ list, model });
    }
    for (const version of versions) {
      expect([...version.list]).toEqual(version.model.entries);
      expect(version.list.size).toBe(version.model.entries.length);
    }
    for (const key of [0, 7, 200, 399, 1000, 5000]) {
      expect(list.get({ key })).toBe(model.entries.find((entry) => entry.key === key));
      expect([...list.from((entry) => entry.key < key)]).toEqual(model.entries.filter((entry) => entry.key >= key));
    }
  });
  fc.assert(property, { numRuns: 60 });
});

function stepsOf({
  isAdded,
  isSlow,
  run: [first, count, step],
}: {
  isAdded: boolean;
  isSlow: boolean;
  run: readonly [number, number, number];
}): { removed: Key[]; added: Entry[] }[] {
  const entries = Array.from({ length: count }, (_, index) => ({ key: first + index * step, text: 'run' }));
  const change = (some: Entry[]): { removed: Key[]; added: Entry[] } =>
    isAdded ? { removed: [], added: some } : { removed: some, added: [] };
  return isSlow
    ? Array.from({ length: Math.ceil(count / 90) }, (_, n) => change(entries.slice(n * 90, n * 90 + 90)))
    : [change(entries)];
}

describe('a change among many entries', () => {
  test.each([
    ['adds', [], [{ key: 50_001, text: 'new' }]],
    ['replaces', [], [{ key: 50_000, text: 'new' }]],
    ['removes', [{ key: 50_000 }], []],
  ])('that %s one compares and copies few of them', (_, removed, added) => {
    let compared = 0;
    const list = SortedList.of<Key, Entry>(
      (a, b) => {
        compared++;
        return a.key - b.key;
      },
      many(60_000, 2),
    );
    compared = 0;

    list.changed(removed, added);

    expect(compared).toBeLessThan(60);
  });

  test('removed down to the last ones, they are still few chunks', () => {
    let list = listOf(many(20_000));
    for (let key = 0; key < 20_000; key++) if (key % 200 !== 0) list = list.changed([{ key }], []);

    expect([...list].map(({ key }) => key)).toEqual(Array.from({ length: 100 }, (_, n) => n * 200));
    expect(list.changed([], [{ key: 1, text: 'new' }]).since(list).added).toEqual([{ key: 1, text: 'new' }]);
  });
});
