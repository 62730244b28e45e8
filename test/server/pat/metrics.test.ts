/** Names and help texts of the metrics: written down in a golden file, and named as Prometheus recommends. */
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { HttpMetrics, registerLimits } from '../../../src/server/http/metrics.ts';
import { PatMetrics } from '../../../src/server/pat/metrics.ts';
import { MonitorMetrics } from '../../../src/server/pat/monitor-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { expectGolden } from '../../support/golden.ts';

const registry = new Registry();
const clock = new FakeClock('2026-01-01T00:00:00Z');
let counted = 0;
const http = new HttpMetrics(registry);
registerLimits(registry, () => ({ writes_per_minute: 600 }));
const pat = new PatMetrics(registry, clock, async () => {
  counted += 1;
  return new Map([['ACTIVE', 2]] as const);
});
const monitor = new MonitorMetrics(registry, () => 7);
const METRICS = registry.getMetricsAsArray() as readonly unknown[] as readonly {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}[];

test('names and help', () => {
  const lines = METRICS.map(
    ({ name, labelNames, type, help }) =>
      `${name}${labelNames.length === 0 ? '' : `{${labelNames.join(', ')}}`} (${type})\n  ${help}`,
  );
  expectGolden('texts/pat.metrics.txt', `${lines.join('\n')}\n`);
});

test.each(METRICS.map(({ name, type, help }) => [name, type, help]))('%s, a %s', (name = '', type = '', help = '') => {
  expect(name).toMatch(/^praas_[a-z]+(_[a-z]+)*$/);
  expect(name.endsWith('_total')).toBe(type === 'counter');
  if (type === 'histogram') expect(name).toMatch(/_seconds$/);
  expect(help).toMatch(/^[A-Z][^.]+\.$/);
});

test('what is reported is what is scraped', async () => {
  pat.reconciled({ trigger: 'period', seconds: 0.2, isOk: false, repaired: 3 });
  monitor.cycleEnded({ kind: 'sweep', seconds: 1, isOk: false, actions: ['follow', 'suspend', 'follow'] });

  http.limited('writes_per_minute');

  const text = await registry.metrics();

  for (const line of [
    'praas_mappings{status="ACTIVE"} 2',
    'praas_mappings{status="DOWN"} 0',
    'praas_reconcile_errors_total 1',
    'praas_drift_repaired_total{reason="period"} 3',
    'praas_reconcile_duration_seconds_count{reason="period"} 1',
    'praas_monitor_cycle_duration_seconds_count{kind="sweep"} 1',
    'praas_monitor_errors_total{kind="sweep"} 1',
    'praas_monitor_actions_total{action="follow"} 2',
    'praas_monitor_actions_total{action="suspend"} 1',
    'praas_monitor_sweep_age_seconds 7',
    'praas_limit{limit="writes_per_minute"} 600',
    'praas_limited_total{limit="writes_per_minute"} 1',
  ])
    expect(text.split('\n')).toContain(line);
});

test('mappings are counted at most once a second, however often it is scraped', async () => {
  clock.advance(60);
  counted = 0;
  await Promise.all(Array.from({ length: 20 }, () => registry.metrics()));
  expect(counted).toBe(1);

  clock.advance(1);
  await registry.metrics();
  expect(counted).toBe(2);
});
