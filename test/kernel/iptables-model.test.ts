// The model that fast tests use instead of iptables-restore, compared with the real one.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chainOf } from '../../src/netfilter/iptables/operation.ts';
import { renderRule } from '../../src/netfilter/iptables/render.ts';
import { rulesOf } from '../../src/netfilter/rules.ts';
import { forward, unmanagedRule } from '../support/arbitrary.ts';
import { EMPTY_NAT, restore } from '../support/iptables-model.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

let world: TestWorld;

beforeAll(async () => {
  world = await testWorld({ router: 'plain' });
});
afterAll(() => world?.remove());

const managed = forward.map((item) =>
  rulesOf({ ...item, scopeMark: undefined }).map((rule) => `${chainOf(rule)} ${renderRule(rule)}`),
);
const unmanaged = unmanagedRule.map((line) => [line.replace(/^-A /, '')]);
const rules = fc.array(fc.oneof(managed, unmanaged), { maxLength: 5 }).map((lists) => lists.flat());

/** Chains as declared, and each chain's rules in their order; in which order chains are listed is the tool's own. */
function contents(lines: readonly string[]): string[] {
  const chains = lines.filter((line) => line.startsWith(':')).map((line) => line.replace(/\[\d+:\d+\]/, ''));
  return [...chains.toSorted(), ...lines.filter((line) => line.startsWith('-A')).toSorted(byChain)];
}

function byChain(a: string, b: string): number {
  const [x = '', y = ''] = [a, b].map((line) => line.split(' ')[1] ?? '');
  return x < y ? -1 : x > y ? 1 : 0;
}

async function tryBoth(lines: readonly string[], script: readonly string[]): Promise<[string[], string[]]> {
  const text = ['*nat', ...script, 'COMMIT', ''].join('\n');
  const real = await world.run('iptables-restore', ['--noflush'], text).then(
    () => true,
    () => false,
  );
  let model = [...lines];
  let fine = true;
  try {
    model = restore(lines, text);
  } catch {
    fine = false;
  }
  expect(real).toBe(fine);
  const saved = (await world.run('iptables-save', ['-t', 'nat'])).split('\n');
  return [model, contents(saved)];
}

test('any script leaves the model and the kernel with the same rules, or is refused by both', async () => {
  await fc.assert(
    fc.asyncProperty(rules, rules, fc.nat(20), fc.boolean(), async (first, second, which, spoil) => {
      await world.run('iptables', ['-t', 'nat', '-F']);
      await world.run('iptables', ['-t', 'nat', '-X']);
      const chains = ['-N custom-PREROUTING', '-N custom-POSTROUTING'];
      const [after, saved] = await tryBoth(EMPTY_NAT, [...chains, ...first.map((rule) => `-A ${rule}`)]);
      expect(saved).toEqual(contents(after));

      const gone = first.length > 0 ? [`-D ${first[which % first.length]}`] : [];
      const never = spoil ? ['-D custom-PREROUTING -p tcp -m tcp --dport 7 -j ACCEPT'] : [];
      const [end, left] = await tryBoth(after, [...gone, ...second.map((rule) => `-A ${rule}`), ...never]);
      expect(left).toEqual(contents(end));
    }),
    { numRuns: 40 },
  );
});
