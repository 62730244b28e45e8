/** What the monitor counts, in Prometheus' form. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** A look at the cloud that ended; nothing was applied by one that failed. */
export interface CycleResult {
  readonly kind: 'sweep' | 'event';
  readonly seconds: number;
  readonly isOk: boolean;
  /** What was done, by its name. */
  readonly actions: readonly string[];
}

export class MonitorMetrics {
  readonly #looks: Histogram<'kind'>;
  readonly #errors: Counter<'kind'>;
  readonly #actions: Counter<'action'>;

  /** `age_seconds` gives how old the last good sweep is; undefined before it. */
  constructor(registry: Registry, ageSeconds: () => number | undefined) {
    const registers = [registry];
    this.#looks = new Histogram({
      name: 'praas_monitor_look_duration_seconds',
      help: 'How long it took to look at OpenStack and to let mappings follow; kind is sweep or event.',
      labelNames: ['kind'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 120],
      registers,
    });
    this.#errors = new Counter({
      name: 'praas_monitor_errors_total',
      help: 'Looks at OpenStack that failed; nothing is changed by one.',
      labelNames: ['kind'],
      registers,
    });
    this.#actions = new Counter({
      name: 'praas_monitor_actions_total',
      help: 'Mappings that followed OpenStack: remove, lead (elsewhere), hold (DOWN), release.',
      labelNames: ['action'],
      registers,
    });
    // It registers itself, and is asked at each scrape.
    void new Gauge({
      name: 'praas_monitor_sweep_age_seconds',
      help: 'How old the last good sweep is; NaN before the first.',
      registers,
      collect() {
        this.set(ageSeconds() ?? Number.NaN);
      },
    });
  }

  cycleEnded({ kind, seconds, isOk, actions }: CycleResult): void {
    this.#looks.observe({ kind }, seconds);
    if (!isOk) this.#errors.inc({ kind });
    for (const action of actions) this.#actions.inc({ action });
  }
}
