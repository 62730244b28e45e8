/** plan() with a model of the kernel: a list of entries, to which forwards are added and from which entries are removed. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Forward, forwardKey, forwardOf } from '../../../src/pat/mapping/forward.ts';
import { type Changes, isEmptyChanges, type ObservedForward } from '../../../src/pat/plan/changes.ts';
import { plan } from '../../../src/pat/plan/plan.ts';
import { forward, forwards } from '../../support/arbitrary.ts';
import { FORWARD, idOf, MAPPING } from '../../support/samples.ts';

/** An entry of the model. The plan does not see unmanaged ones, because a Dataplane observes only rules of praas. */
interface ModelEntry {
  readonly mapping_id: string;
  readonly forward: Forward | undefined;
  readonly isUnmanaged: boolean;
}

type State = 'whole' | 'duplicated' | 'broken' | 'broken beside whole' | 'outdated' | 'missing';
const anyState = fc.constantFrom<State>('whole', 'duplicated', 'broken', 'broken beside whole', 'outdated', 'missing');

function entriesOf(desired: Forward, state: State): ModelEntry[] {
  const whole: ModelEntry = { mapping_id: desired.mapping_id, forward: desired, isUnmanaged: false };
  const broken: ModelEntry = { ...whole, forward: undefined };
  if (state === 'missing') return [];
  if (state === 'duplicated') return [whole, { ...whole }];
  if (state === 'broken') return [broken];
  if (state === 'broken beside whole') return [broken, whole];
  if (state === 'outdated') return [{ ...whole, forward: { ...desired, masquerade: !desired.masquerade } }];
  return [whole];
}

/** Desired forwards and a kernel in any state, in any order. */
const situation = fc
  .record({
    desired: forwards,
    states: fc.array(anyState, { minLength: 12, maxLength: 12 }),
    orphans: fc.array(fc.tuple(forward, fc.boolean()), { maxLength: 4 }),
    unmanagedRules: fc.array(forward, { maxLength: 4 }),
  })
  .chain(({ desired, states, orphans, unmanagedRules }) => {
    const entries: ModelEntry[] = [
      ...desired.flatMap((each, index) => entriesOf(each, states[index] ?? 'whole')),
      ...orphans.map(([orphan, isWhole]) => ({
        mapping_id: orphan.mapping_id,
        forward: isWhole ? orphan : undefined,
        isUnmanaged: false,
      })),
      ...unmanagedRules.map((entry) => ({ mapping_id: entry.mapping_id, forward: entry, isUnmanaged: true })),
    ];
    const kernel = fc.shuffledSubarray(entries, { minLength: entries.length });
    return fc.record({ desired: fc.constant(desired), kernel });
  });

function observe(kernel: readonly ModelEntry[]): ObservedForward[] {
  return kernel
    .filter(({ isUnmanaged }) => !isUnmanaged)
    .map((entry) => ({ mapping_id: entry.mapping_id, forward: entry.forward, handle: entry }));
}

function apply(kernel: readonly ModelEntry[], changes: Changes): ModelEntry[] {
  const removed = new Set(changes.remove.map(({ handle }) => handle));
  expect(removed.size).toBe(changes.remove.length);
  const added = changes.add.map((item) => ({ mapping_id: item.mapping_id, forward: item, isUnmanaged: false }));
  return [...kernel.filter((entry) => !removed.has(entry)), ...added];
}

const keys = (list: readonly (Forward | undefined)[]): string[] =>
  list.map((item) => (item ? forwardKey(item) : 'broken')).toSorted();

test('applying the plan gives exactly the desired forwards', () => {
  fc.assert(
    fc.property(situation, ({ desired, kernel }) => {
      const after = apply(kernel, plan(desired, observe(kernel)));

      expect(keys(observe(after).map((each) => each.forward))).toEqual(keys(desired));
    }),
  );
});

test('unmanaged entries stay, in their order', () => {
  fc.assert(
    fc.property(situation, ({ desired, kernel }) => {
      const after = apply(kernel, plan(desired, observe(kernel)));

      const unmanagedRules = (entries: readonly ModelEntry[]): ModelEntry[] =>
        entries.filter(({ isUnmanaged }) => isUnmanaged);
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

test('a forward that is as desired is neither removed nor added', () => {
  fc.assert(
    fc.property(situation, ({ desired, kernel }) => {
      const { remove, add } = plan(desired, observe(kernel));

      const whole = new Set(keys(observe(kernel).flatMap((each) => each.forward ?? [])));
      expect(add.filter((item) => whole.has(forwardKey(item)))).toEqual([]);
      const kept = observe(kernel).length - remove.length;
      expect(kept).toBe(desired.filter((item) => whole.has(forwardKey(item))).length);
    }),
  );
});

test('missing base chains alone are a change, and stay as the Dataplane gave them', () => {
  const missingBaseChains = ['-N custom-PREROUTING'];

  const changes = plan([], [], missingBaseChains);

  expect(changes).toEqual({ remove: [], add: [], missingBaseChains });
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

test('0.0.0.0/0 restricts nothing, other networks do', () => {
  expect(forwardOf({ ...MAPPING, allowed_cidrs: ['0.0.0.0/0'] }, false)).toEqual(FORWARD);
  expect(forwardOf({ ...MAPPING, allowed_cidrs: ['10.0.0.0/8'] }, true)).toEqual({
    ...FORWARD,
    allowed_cidrs: ['10.0.0.0/8'],
    masquerade: true,
  });
});
