/** plan() against the simplest kernel there can be: a list from which entries are taken and to which forwards are put. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Forward, forwardKey, forwardOf } from '../../../src/pat/mapping/forward.ts';
import { type Changes, isEmptyChanges, type ObservedForward } from '../../../src/pat/plan/changes.ts';
import { plan } from '../../../src/pat/plan/plan.ts';
import { forward, forwards } from '../../support/arbitrary.ts';
import { FORWARD, idOf, MAPPING } from '../../support/samples.ts';

/** An entry of the model; `unmanagedRules` ones are not shown to the plan, as a Dataplane shows only what bears our mark. */
interface Entry {
  readonly mapping_id: string;
  readonly forward: Forward | undefined;
  readonly isForeign: boolean;
}

type State = 'whole' | 'doubled' | 'broken' | 'broken beside whole' | 'outdated' | 'missing';
const state = fc.constantFrom<State>('whole', 'doubled', 'broken', 'broken beside whole', 'outdated', 'missing');

function entriesOf(wanted: Forward, found: State): Entry[] {
  const whole: Entry = { mapping_id: wanted.mapping_id, forward: wanted, isForeign: false };
  const broken: Entry = { ...whole, forward: undefined };
  if (found === 'missing') return [];
  if (found === 'doubled') return [whole, { ...whole }];
  if (found === 'broken') return [broken];
  if (found === 'broken beside whole') return [broken, whole];
  if (found === 'outdated') return [{ ...whole, forward: { ...wanted, masquerade: !wanted.masquerade } }];
  return [whole];
}

/** What should be, and a kernel in any relation to it, in any order. */
const situation = fc
  .record({
    desired: forwards,
    states: fc.array(state, { minLength: 12, maxLength: 12 }),
    orphans: fc.array(fc.tuple(forward, fc.boolean()), { maxLength: 4 }),
    unmanagedRules: fc.array(forward, { maxLength: 4 }),
  })
  .chain(({ desired, states, orphans, unmanagedRules }) => {
    const entries: Entry[] = [
      ...desired.flatMap((wanted, index) => entriesOf(wanted, states[index] ?? 'whole')),
      ...orphans.map(([orphan, isWhole]) => ({
        mapping_id: orphan.mapping_id,
        forward: isWhole ? orphan : undefined,
        isForeign: false,
      })),
      ...unmanagedRules.map((entry) => ({ mapping_id: entry.mapping_id, forward: entry, isForeign: true })),
    ];
    const kernel = fc.shuffledSubarray(entries, { minLength: entries.length });
    return fc.record({ desired: fc.constant(desired), kernel });
  });

function observe(kernel: readonly Entry[]): ObservedForward[] {
  return kernel
    .filter(({ isForeign }) => !isForeign)
    .map((entry) => ({ mapping_id: entry.mapping_id, forward: entry.forward, handle: entry }));
}

function apply(kernel: readonly Entry[], changes: Changes): Entry[] {
  const gone = new Set(changes.remove.map(({ handle }) => handle));
  expect(gone.size).toBe(changes.remove.length);
  const added = changes.add.map((item) => ({ mapping_id: item.mapping_id, forward: item, isForeign: false }));
  return [...kernel.filter((entry) => !gone.has(entry)), ...added];
}

const keys = (list: readonly (Forward | undefined)[]): string[] =>
  list.map((item) => (item ? forwardKey(item) : 'broken')).toSorted();

test('applying the plan gives exactly what is desired, whatever was there', () => {
  fc.assert(
    fc.property(situation, ({ desired, kernel }) => {
      const after = apply(kernel, plan(desired, observe(kernel)));

      expect(keys(observe(after).map((found) => found.forward))).toEqual(keys(desired));
    }),
  );
});

test('what belongs to somebody else stays, in its order', () => {
  fc.assert(
    fc.property(situation, ({ desired, kernel }) => {
      const after = apply(kernel, plan(desired, observe(kernel)));

      const unmanagedRules = (entries: readonly Entry[]): Entry[] => entries.filter(({ isForeign }) => isForeign);
      expect(unmanagedRules(after)).toEqual(unmanagedRules(kernel));
    }),
  );
});

test('a second plan is empty', () => {
  fc.assert(
    fc.property(situation, ({ desired, kernel }) => {
      const after = apply(kernel, plan(desired, observe(kernel)));

      expect(isEmptyChanges(plan(desired, observe(after)))).toBe(true);
    }),
  );
});

test('what is as it should be is neither taken away nor put again', () => {
  fc.assert(
    fc.property(situation, ({ desired, kernel }) => {
      const { remove, add } = plan(desired, observe(kernel));

      const whole = new Set(keys(observe(kernel).flatMap((found) => found.forward ?? [])));
      expect(add.filter((item) => whole.has(forwardKey(item)))).toEqual([]);
      const kept = observe(kernel).length - remove.length;
      expect(kept).toBe(desired.filter((item) => whole.has(forwardKey(item))).length);
    }),
  );
});

test('a missing frame alone is something to do, and is passed on as it is', () => {
  const frame = ['-N custom-PREROUTING'];

  const changes = plan([], [], frame);

  expect(changes).toEqual({ remove: [], add: [], missingBaseChains: frame });
  expect(isEmptyChanges(changes)).toBe(false);
});

test.each<Partial<Forward>>([
  { mapping_id: idOf(2) },
  { protocol: 'udp' },
  { gateway_ip: '203.0.113.11' },
  { router_port: 4001 },
  { server_ip: '10.20.0.52' },
  { server_port: 2222 },
  { allowed_cidrs: ['198.51.100.0/24'] },
  { masquerade: true },
])('a forward that differs in %j is replaced', (difference) => {
  const observed = { mapping_id: FORWARD.mapping_id, forward: FORWARD, handle: undefined };
  const desired = { ...FORWARD, ...difference };

  expect(plan([desired], [observed])).toEqual({ remove: [observed], add: [desired], missingBaseChains: undefined });
});

test('a network that holds every address is no limit, other networks are', () => {
  expect(forwardOf({ ...MAPPING, allowed_cidrs: ['0.0.0.0/0'] }, false)).toEqual(FORWARD);
  expect(forwardOf({ ...MAPPING, allowed_cidrs: ['10.0.0.0/8'] }, true)).toEqual({
    ...FORWARD,
    allowed_cidrs: ['10.0.0.0/8'],
    masquerade: true,
  });
});
