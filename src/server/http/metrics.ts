/** What /metrics says, in Prometheus' form. Everything that counts is told here; nothing here decides. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { STATUSES, type Status } from '../../pat/mapping/mapping.ts';

/** How a reconciliation of one router ended. */
export interface Reconciled {
  readonly reason: string;
  readonly seconds: number;
  readonly is_ok: boolean;
  /** Mappings put right that nobody had asked to change. */
  readonly repaired: number;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'method' | 'route' | 'code'>;
  readonly #durations: Histogram<'method' | 'route'>;
  readonly #authentication_failures: Counter;
  readonly #reconciles: Histogram<'reason'>;
  readonly #reconcile_errors: Counter;
  readonly #repaired: Counter<'reason'>;

  /** `countMappings` is asked at each scrape. */
  constructor(countMappings: () => Promise<ReadonlyMap<Status, number>>) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, prefix: 'praas_' });
    this.#requests = new Counter({
      name: 'praas_http_requests_total',
      help: 'Requests answered, by route and code.',
      labelNames: ['method', 'route', 'code'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'praas_http_request_duration_seconds',
      help: 'How long requests took.',
      labelNames: ['method', 'route'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      registers,
    });
    this.#authentication_failures = new Counter({
      name: 'praas_authentication_failures_total',
      help: 'Requests without a valid token.',
      registers,
    });
    this.#reconciles = new Histogram({
      name: 'praas_reconcile_duration_seconds',
      help: 'How long it took to make the rules of one router equal to the store.',
      labelNames: ['reason'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      registers,
    });
    this.#reconcile_errors = new Counter({
      name: 'praas_reconcile_errors_total',
      help: 'Reconciliations of one router that failed.',
      registers,
    });
    this.#repaired = new Counter({
      name: 'praas_drift_repaired_total',
      help: 'Mappings whose rules differed from the store and were put right; reason "appeared" is a router made anew.',
      labelNames: ['reason'],
      registers,
    });
    // It registers itself, and is asked at each scrape.
    void new Gauge({
      name: 'praas_mappings',
      help: 'Mappings by status.',
      labelNames: ['status'],
      registers,
      async collect() {
        const counts = await countMappings();
        for (const status of STATUSES) this.set({ status }, counts.get(status) ?? 0);
      },
    });
  }

  /** Where others add what they count. */
  get registry(): Registry {
    return this.#registry;
  }

  request(method: string, route: string, code: number, seconds: number): void {
    this.#requests.inc({ method, route, code });
    this.#durations.observe({ method, route }, seconds);
  }

  authenticationFailed(): void {
    this.#authentication_failures.inc();
  }

  reconciled({ reason, seconds, is_ok, repaired }: Reconciled): void {
    this.#reconciles.observe({ reason }, seconds);
    if (!is_ok) this.#reconcile_errors.inc();
    if (repaired > 0) this.#repaired.inc({ reason }, repaired);
  }

  async text(): Promise<{ readonly content_type: string; readonly body: string }> {
    return { content_type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
