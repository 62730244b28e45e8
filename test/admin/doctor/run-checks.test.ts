/** Checks run at the same time, and none keeps another from its own. */
import { expect, test } from '@jest/globals';
import { type DoctorReport, ok, warning } from '../../../src/admin/doctor/report.ts';
import { type DoctorCheck, runChecks } from '../../../src/admin/doctor/run-checks.ts';
import { praasError } from '../../../src/pat/errors.ts';
import { errorOf } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

const timers = new FakeTimers('2030-01-01T00:00:00Z');
const check = (name: string, run: DoctorCheck['run'], more: Partial<DoctorCheck> = {}): DoctorCheck => ({
  group: 'tools',
  name,
  run,
  ...more,
});
const report = (
  checks: readonly DoctorCheck[],
  abortSignal = new AbortController().signal,
  isRoot = true,
): Promise<DoctorReport> => runChecks(checks, { isRoot, timeoutMs: 1000, timers, abortSignal });

test('findings are in groups, which follow one another as their first checks do, and counted', async () => {
  const result = await report([
    check('tool', async () => [ok('a', '1'), ok('b', '2')]),
    check('bells', async () => [warning('r', 'seen', 'Do.')], { group: 'bells' }),
    check('another tool', async () => [ok('c', '3')]),
  ]);
  expect(result.findings.map((each) => each.check)).toEqual(['a', 'b', 'c', 'r']);
  expect(result).toMatchObject({ counts: { ok: 3, warning: 1, failed: 0, skipped: 0 }, ok: true });
});

test('a check that throws is a finding with a next step', async () => {
  const result = await report([
    check('known', () => Promise.reject(praasError('TOOL_MISSING', { tool: 'nft', package: 'nftables' }))),
    check('not permitted', () => Promise.reject(praasError('NOT_PERMITTED', { what: 'praas doctor' }))),
    check('unknown', () => Promise.reject(new Error('boom'))),
    check('fine', async () => [ok('fine', '')]),
  ]);
  expect(result.findings.map(({ verdict }) => verdict)).toEqual(['failed', 'skipped', 'failed', 'ok']);
  expect(result.findings[0]).toMatchObject({ next_step: expect.stringContaining('nftables') });
  expect(result.ok).toBe(false);
});

test('a check that hangs is a finding too', async () => {
  const running = report([
    check('slow', () => new Promise(() => undefined)),
    check('fine', async () => [ok('fine', '')]),
  ]);
  await timers.pass(1500);
  const { findings } = await running;
  expect(findings).toMatchObject([{ check: 'slow', verdict: 'failed' }, { verdict: 'ok' }]);
});

test('a check that needs root is skipped without it', async () => {
  const { findings, ok: isOk } = await report(
    [check('secret', () => Promise.reject(new Error('it ran')), { needsRoot: true })],
    undefined,
    false,
  );
  expect(findings).toMatchObject([{ verdict: 'skipped', next_step: expect.stringContaining('sudo') }]);
  expect(isOk).toBe(true);
});

test('an interruption ends it at once', async () => {
  const interruption = new AbortController();
  const running = report([check('slow', () => new Promise(() => undefined))], interruption.signal);
  interruption.abort(praasError('INTERRUPTED', { signal_number: 2 }));
  expect(await errorOf(running)).toMatchObject({ code: 'INTERRUPTED' });
});
