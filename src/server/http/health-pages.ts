/** Health of a daemon: /healthz, /readyz and /metrics. */
import { type Request, type RequestHandler, Router } from 'express';
import type { Timers } from '../../core/timers.ts';
import type { MetricsPage } from './metrics.ts';
import { pagesOn } from './page.ts';
import { type Readiness, readinessReport, withoutReasons } from './readiness.ts';
import type { HealthDocument } from './schemas.ts';

export interface HealthParts {
  readonly readiness: Readiness;
  readonly metrics: MetricsPage;
  readonly timers: Timers;
  /** True for a request of an operator, who is told why a check is not ok. Left out: no request is. */
  readonly isOperator?: ((request: Request) => Promise<boolean>) | undefined;
}

export function healthPages({ readiness, metrics, timers, isOperator }: HealthParts): RequestHandler {
  const routes = Router();
  const page = pagesOn(routes);
  page('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' } satisfies HealthDocument);
  });
  page('/readyz', async (request, response) => {
    const [whole, tellsReasons] = await Promise.all([readinessReport(readiness, timers), isOperator?.(request)]);
    const report = tellsReasons ? whole : withoutReasons(whole);
    response
      .set('Cache-Control', 'no-store')
      .status(report.ready ? 200 : 503)
      .json(report);
  });
  page('/metrics', async (_request, response) => {
    const { contentType, body } = await metrics.text();
    response.set('Cache-Control', 'no-store').type(contentType).send(body);
  });
  return routes;
}
