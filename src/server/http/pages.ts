/** The pages that need no token: which versions there are, what the API is, and how the agent is. */
import { type RequestHandler, Router } from 'express';
import type { Timers } from '../../core/timers.ts';
import { baseUrlOf } from './app.ts';
import { docsPage } from './docs-page.ts';
import { healthPages } from './health-pages.ts';
import type { MetricsPage } from './metrics.ts';
import type { Document } from './openapi.ts';
import { pageOn } from './page.ts';
import type { Readiness } from './readiness.ts';
import type { VersionsDocument } from './schemas.ts';

export interface PagesParts {
  readonly document: Document;
  readonly readiness: Readiness;
  readonly metrics: MetricsPage;
  readonly timers: Timers;
}

/** When something of /v1 last changed for its callers. */
const UPDATED = '2026-11-23T00:00:00Z';

/** Each answers GET and HEAD, and refuses everything else with METHOD_NOT_ALLOWED. What never changes is made once, now. */
export function pages({ document, ...health }: PagesParts): RequestHandler {
  const docs = docsPage(document);
  const openapi = JSON.stringify(document);
  const router = Router();
  const page = pageOn(router);
  page('/', (request, response) => {
    response.json(versionsAt(baseUrlOf(request)));
  });
  page('/openapi.json', (_request, response) => {
    response.type('json').send(openapi);
  });
  page('/docs', (_request, response) => {
    response.set('Content-Security-Policy', docs.policy).type('html').send(docs.html);
  });
  router.use(healthPages(health));
  return router;
}

function versionsAt(baseUrl: string): VersionsDocument {
  const links = [{ rel: 'self' as const, href: `${baseUrl}/v1/` }];
  return { versions: [{ id: 'v1.0', status: 'CURRENT', version: '', min_version: '', updated: UPDATED, links }] };
}
