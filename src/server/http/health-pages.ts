/** Health of a daemon: /healthz, /readyz and /metrics. */
import { type RequestHandler, Router } from 'express';
import type { Timers } from '../../core/timers.ts';
import type { MetricsPage } from './metrics.ts';
import { pagesOn } from './page.ts';
import { type Readiness, readinessReport } from './readiness.ts';
import type { HealthDocument } from './schemas.ts';

export interface HealthParts {
  readonly readiness: Readiness;
  readonly metrics: MetricsPage;
  readonly timers: Timers;
}

export function healthPages({ readiness, metrics, timers }: HealthParts): RequestHandler {
  const routes = Router();
  const page = pagesOn(routes);
  page('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' } satisfies HealthDocument);
  });
  page('/readyz', async (_request, response) => {
    const report = await readinessReport(readiness, timers);
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
