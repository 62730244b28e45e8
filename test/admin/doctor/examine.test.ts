/** Checks run together, and none keeps another from its own. */
import { expect, test } from '@jest/globals';
import { type Check, examine } from '../../../src/admin/doctor/examine.ts';
import { ok, type Report, warning } from '../../../src/admin/doctor/report.ts';
import { praasError } from '../../../src/pat/errors.ts';
import { errorOf } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

const timers = new FakeTimers('2030-01-01T00:00:00Z');
const check = (name: string, look: Check['run'], more: Partial<Check> = {}): Check => ({
  group: 'tools',
  name,
  run: look,
  ...more,
});
const run = (checks: readonly Check[], ending = new AbortController().signal, isRoot = true): Promise<Report> =>
  examine(checks, { isRoot, limitMs: 1000, timers, ending });

test('findings in the order of their groups, counted', async () => {
  const report = await run([
    check('routers', async () => [warning('r', 'seen', 'Do.')], { group: 'routers' }),
    check('tool', async () => [ok('a', '1'), ok('b', '2')]),
  ]);
  expect(report.findings.map((each) => each.check)).toEqual(['a', 'b', 'r']);
  expect(report).toMatchObject({ counts: { ok: 2, warning: 1, wrong: 0, skipped: 0 }, ok: true });
});

test('what throws is a finding, with what to do', async () => {
  const report = await run([
    check('known', () => Promise.reject(praasError('TOOL_MISSING', { tool: 'nft', package: 'nftables' }))),
    check('refused', () => Promise.reject(praasError('NOT_PERMITTED', { what: 'looking' }))),
    check('strange', () => Promise.reject(new Error('boom'))),
    check('well', async () => [ok('well', '')]),
  ]);
  expect(report.findings.map(({ verdict }) => verdict)).toEqual(['wrong', 'skipped', 'wrong', 'ok']);
  expect(report.findings[0]).toMatchObject({ next_step: expect.stringContaining('nftables') });
  expect(report.ok).toBe(false);
});

test('what hangs is a finding too', async () => {
  const running = run([check('slow', () => new Promise(() => undefined)), check('well', async () => [ok('well', '')])]);
  await timers.pass(1500);
  const { findings } = await running;
  expect(findings).toMatchObject([{ check: 'slow', verdict: 'wrong' }, { verdict: 'ok' }]);
});

test('what needs root is not looked at without it', async () => {
  const { findings, ok: isWell } = await run(
    [check('secret', () => Promise.reject(new Error('looked at')), { needsRoot: true })],
    undefined,
    false,
  );
  expect(findings).toMatchObject([{ verdict: 'skipped', next_step: expect.stringContaining('sudo') }]);
  expect(isWell).toBe(true);
});

test('interrupted, it ends at once', async () => {
  const ending = new AbortController();
  const running = run([check('slow', () => new Promise(() => undefined))], ending.signal);
  ending.abort(praasError('INTERRUPTED', { signal_number: 2 }));
  expect(await errorOf(running)).toMatchObject({ code: 'INTERRUPTED' });
});
