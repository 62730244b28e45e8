/** The metrics of mappings, and of the reconciliation of their rules. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { SteadyClock } from '../../core/clock.ts';
import { STATUSES, type Status } from '../../pat/mapping/mapping.ts';

/** The reconciliation of one router, as it is measured. */
interface MeasuredReconcile {
  readonly trigger: string;
  readonly seconds: number;
  readonly isOk: boolean;
  /** Mappings whose rules differed from the store without a requested change. */
  readonly repaired: number;
}

const COUNTED_FOR_MS = 1000;

export class PatMetrics {
  readonly #reconciles: Histogram<'reason'>;
  readonly #reconcileErrors: Counter;
  readonly #repaired: Counter<'reason'>;

  /** `countMappings` is called at a scrape, but at most once a second: anybody may scrape. */
  constructor(registry: Registry, clock: SteadyClock, countMappings: () => Promise<ReadonlyMap<Status, number>>) {
    const registers = [registry];
    this.#reconciles = new Histogram({
      name: 'praas_reconcile_duration_seconds',
      help: 'Duration of router reconciliations by reason.',
      labelNames: ['reason'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      registers,
    });
    this.#reconcileErrors = new Counter({
      name: 'praas_reconcile_errors_total',
      help: 'Failed router reconciliations.',
      registers,
    });
    this.#repaired = new Counter({
      name: 'praas_drift_repaired_total',
      help: 'Mappings whose rules differed from the store and were repaired, by reason of the reconciliation.',
      labelNames: ['reason'],
      registers,
    });
    let counts: Promise<ReadonlyMap<Status, number>> | undefined;
    let countedAt = 0;
    const recentCounts = (): Promise<ReadonlyMap<Status, number>> => {
      const now = clock.elapsedMs();
      if (counts !== undefined && now - countedAt < COUNTED_FOR_MS) return counts;
      countedAt = now;
      counts = countMappings();
      return counts;
    };
    // It registers itself.
    void new Gauge({
      name: 'praas_mappings',
      help: 'Mappings by status.',
      labelNames: ['status'],
      registers,
      async collect() {
        const byStatus = await recentCounts();
        for (const status of STATUSES) this.set({ status }, byStatus.get(status) ?? 0);
      },
    });
  }

  reconciled({ trigger: reason, seconds, isOk, repaired }: MeasuredReconcile): void {
    this.#reconciles.observe({ reason }, seconds);
    if (!isOk) this.#reconcileErrors.inc();
    if (repaired > 0) this.#repaired.inc({ reason }, repaired);
  }
}
