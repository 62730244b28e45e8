/** The metrics of the process and of HTTP, for Prometheus. Products register their own metrics beside these. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Gives the text of /metrics. */
export interface MetricsPage {
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** The metrics of one process. Products register theirs in `registry`. */
export class ProcessMetrics implements MetricsPage {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'praas_' });
  }

  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }
}

/** Adds the limits themselves; `settings` gives those in force by their keys in praas.conf. */
export function registerLimits(registry: Registry, settings: () => Readonly<Record<string, number>>): void {
  // It registers itself.
  void new Gauge({
    name: 'praas_limit',
    help: 'Limits in force by their configuration keys (-1: unlimited).',
    labelNames: ['limit'],
    registers: [registry],
    collect() {
      for (const [limit, value] of Object.entries(settings())) this.set({ limit }, value);
    },
  });
}

/** Gives what counts a refusal because of a limit, by its key in praas.conf or `failures`. */
export function limitedCounter(registry: Registry): (limit: string) => void {
  const counter = new Counter({
    name: 'praas_limited_total',
    help: 'Requests refused and connections closed because of a limit, by its configuration key (failures: of wrong tokens).',
    labelNames: ['limit'],
    registers: [registry],
  });
  return (limit) => counter.inc({ limit });
}

export class HttpMetrics {
  readonly #requests: Counter<'method' | 'route' | 'code'>;
  readonly #durations: Histogram<'method' | 'route'>;
  readonly #authenticationFailures: Counter;
  /** Takes the key of the limit in praas.conf. */
  readonly limited: (limit: string) => void;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'praas_http_requests_total',
      help: 'HTTP requests by method, route and status code.',
      labelNames: ['method', 'route', 'code'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'praas_http_request_duration_seconds',
      help: 'Duration of HTTP requests by method and route.',
      labelNames: ['method', 'route'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      registers,
    });
    this.#authenticationFailures = new Counter({
      name: 'praas_authentication_failures_total',
      help: 'Requests refused because of a missing or invalid token.',
      registers,
    });
    this.limited = limitedCounter(registry);
  }

  requestEnded(method: string, route: string, code: number, seconds: number): void {
    this.#requests.inc({ method, route, code });
    this.#durations.observe({ method, route }, seconds);
  }

  authenticationFailed(): void {
    this.#authenticationFailures.inc();
  }
}
