import { beforeEach, expect, test } from '@jest/globals';
import { forwardKey, forwardOf } from '../../../src/pat/mapping/forward.ts';
import { FACTS, ROUTER } from '../../support/samples.ts';
import { keysOf, SSH, TestBed, TWO, WEB } from './support.ts';

const MARK = 0x4010000;
const [{ interface: INSIDE } = { interface: '' }] = FACTS.inside;
const marked = (scopeMark: number) =>
  [SSH, WEB].map((each) => forwardKey(forwardOf(each, false, scopeMark))).toSorted();
let bed: TestBed;

beforeEach(() => {
  bed = new TestBed();
  bed.router.scopeMarks = new Map([[INSIDE, MARK]]);
});

test('forwards into an address scope have its mark, and so have the networks of a view', async () => {
  await bed.reconcile(TWO);
  expect(bed.router.inPlace()).toEqual(marked(MARK));
  const { facts } = await bed.agent.inspect(ROUTER);
  expect(facts.inside.map(({ scopeMark }) => scopeMark)).toEqual(FACTS.inside.map(() => MARK));
});

test('a reconcile applies a new mark, and the removal of the scope', async () => {
  await bed.reconcile(TWO);
  bed.router.scopeMarks = new Map([[INSIDE, 2 * MARK]]);
  bed.agent.forget(ROUTER);
  expect(await bed.reconcile(TWO)).toMatchObject({ added: 2, removed: 2 });
  expect(bed.router.inPlace()).toEqual(marked(2 * MARK));

  bed.router.scopeMarks = new Map([[INSIDE, undefined]]);
  bed.agent.forget(ROUTER);
  await bed.reconcile(TWO);
  expect(bed.router.inPlace()).toEqual(keysOf(SSH, WEB));
});

test('a cached router with a new interface is read again, once', async () => {
  await bed.reconcile(TWO);
  const before = bed.dataplane.count('observe');
  await bed.agent.inspect(ROUTER);
  expect(bed.dataplane.count('observe')).toBe(before);

  const added = { cidr: '10.40.0.0/24', isNeutron: true, interface: 'qr-new' };
  bed.router.facts = { ...FACTS, inside: [...FACTS.inside, added] };
  bed.router.scopeMarks = new Map([
    [INSIDE, MARK],
    ['qr-new', 2 * MARK],
  ]);
  const view = await bed.agent.inspect(ROUTER);
  expect(view).toMatchObject({ isFresh: true });
  expect(view.facts.inside.at(-1)?.scopeMark).toBe(2 * MARK);
  expect(bed.dataplane.count('observe')).toBe(before + 1);
});
