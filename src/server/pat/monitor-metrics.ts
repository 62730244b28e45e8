/** The metrics of the monitor. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The result of a cycle of the monitor: an inspection of OpenStack and its corrections. A failed cycle corrects nothing. */
interface CycleResult {
  readonly kind: 'sweep' | 'event';
  readonly seconds: number;
  readonly isOk: boolean;
  /** The action of each correction that was applied. */
  readonly actions: readonly string[];
}

export class MonitorMetrics {
  readonly #cycles: Histogram<'kind'>;
  readonly #errors: Counter<'kind'>;
  readonly #actions: Counter<'action'>;

  /** `ageSeconds` gives the age of the last successful sweep; undefined before the first one. It is called at each scrape. */
  constructor(registry: Registry, ageSeconds: () => number | undefined) {
    const registers = [registry];
    this.#cycles = new Histogram({
      name: 'praas_monitor_cycle_duration_seconds',
      help: 'Duration of monitor cycles by kind (sweep or event).',
      labelNames: ['kind'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 120],
      registers,
    });
    this.#errors = new Counter({
      name: 'praas_monitor_errors_total',
      help: 'Failed monitor cycles by kind (sweep or event).',
      labelNames: ['kind'],
      registers,
    });
    this.#actions = new Counter({
      name: 'praas_monitor_actions_total',
      help: 'Corrections applied to mappings by action (delete, follow, suspend or resume).',
      labelNames: ['action'],
      registers,
    });
    // It registers itself.
    void new Gauge({
      name: 'praas_monitor_sweep_age_seconds',
      help: 'Age of the last successful sweep, NaN before the first one.',
      registers,
      collect() {
        this.set(ageSeconds() ?? Number.NaN);
      },
    });
  }

  cycleEnded({ kind, seconds, isOk, actions }: CycleResult): void {
    this.#cycles.observe({ kind }, seconds);
    if (!isOk) this.#errors.inc({ kind });
    for (const action of actions) this.#actions.inc({ action });
  }
}
