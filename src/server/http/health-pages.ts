/** How a daemon is: /healthz, /readyz and /metrics. */
import { type RequestHandler, Router } from 'express';
import type { Timers } from '../../core/timers.ts';
import type { MetricsPage } from './metrics.ts';
import { pageOn } from './page.ts';
import { judge, type Readiness } from './readiness.ts';
import type { HealthDocument } from './schemas.ts';

export interface HealthParts {
  readonly readiness: Readiness;
  readonly metrics: MetricsPage;
  readonly timers: Timers;
}

export function healthPages({ readiness, metrics, timers }: HealthParts): RequestHandler {
  const router = Router();
  const page = pageOn(router);
  page('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' } satisfies HealthDocument);
  });
  page('/readyz', async (_request, response) => {
    const answer = await judge(readiness, timers);
    response
      .set('Cache-Control', 'no-store')
      .status(answer.ready ? 200 : 503)
      .json(answer);
  });
  page('/metrics', async (_request, response) => {
    const { contentType, body } = await metrics.text();
    response.set('Cache-Control', 'no-store').type(contentType).send(body);
  });
  return router;
}
