import { expect, test } from '@jest/globals';
import { DEMO_NAMES } from '../../../src/admin/demo/demo.ts';
import { namespacesOf, standardPlan } from '../../../src/admin/demo/plan.ts';

const LONGEST_INTERFACE_NAME = 15;
const lines = standardPlan(DEMO_NAMES).flatMap((namespace) => namespace.lines);

test('every interface of the demonstration has a name that Linux accepts', () => {
  const names = lines.flatMap((line) => [...line.matchAll(/\b(?:peer )?name (\S+)/g)].map(([, name]) => name ?? ''));

  expect(names).toContain(DEMO_NAMES.outsideInterface);
  expect(names).toContain(DEMO_NAMES.insideInterface);
  expect(names.filter((name) => name.length > LONGEST_INTERFACE_NAME)).toEqual([]);
});

test('no link leads out of the plan', () => {
  const namespaces = new Set(Object.values(namespacesOf(DEMO_NAMES)));
  const ends = lines.flatMap((line) => [...line.matchAll(/netns (\S+)/g)].map(([, name]) => name ?? ''));

  expect(ends.length).toBeGreaterThan(0);
  expect(ends.filter((name) => !namespaces.has(name))).toEqual([]);
});

test('only the router forwards packets', () => {
  const forwarding = standardPlan(DEMO_NAMES).filter(({ isForwarding }) => isForwarding);

  expect(forwarding.map(({ name }) => name)).toEqual([DEMO_NAMES.router]);
});
