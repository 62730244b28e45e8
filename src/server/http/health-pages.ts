/** How a daemon is: /healthz, /readyz and /metrics. */
import { type RequestHandler, Router } from 'express';
import { type HealthDocument, WISHES } from '../pat/schemas.ts';
import { pageOn } from './page.ts';
import { judge, type Readiness } from './readiness.ts';

export interface HealthParts {
  readonly readiness: Readiness;
  readonly metrics: { text(): Promise<{ readonly content_type: string; readonly body: string }> };
  /** Checks without which it works all the same, with less. */
  readonly wishes?: readonly string[];
}

export function healthPages({ readiness, metrics, wishes = WISHES }: HealthParts): RequestHandler {
  const router = Router();
  const page = pageOn(router);
  page('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' } satisfies HealthDocument);
  });
  page('/readyz', async (_request, response) => {
    const answer = await judge(readiness, { wishes });
    response
      .set('Cache-Control', 'no-store')
      .status(answer.ready ? 200 : 503)
      .json(answer);
  });
  page('/metrics', async (_request, response) => {
    const { content_type, body } = await metrics.text();
    response.set('Cache-Control', 'no-store').type(content_type).send(body);
  });
  return router;
}
