/** The public pages of a daemon with an API: versions, the document of the API, and the health pages. */
import { type RequestHandler, Router } from 'express';
import { docsPage } from './docs-page.ts';
import { type HealthParts, healthPages } from './health-pages.ts';
import type { Document } from './openapi.ts';
import { pagesOn } from './page.ts';
import { baseUrlOf } from './request-url.ts';
import type { VersionsDocument } from './schemas.ts';

interface PagesParts extends HealthParts {
  readonly document: Document;
}

/** When /v1 last changed for its clients. */
const UPDATED = '2026-11-23T00:00:00Z';

/** The document does not change while the daemon runs, so its pages are rendered once. */
export function pages({ document, ...health }: PagesParts): RequestHandler {
  const docs = docsPage(document);
  const openapi = JSON.stringify(document);
  const routes = Router();
  const page = pagesOn(routes);
  page('/', (request, response) => {
    response.json(versionsAt(baseUrlOf(request)));
  });
  page('/openapi.json', (_request, response) => {
    response.type('json').send(openapi);
  });
  page('/docs', (_request, response) => {
    response.set('Content-Security-Policy', docs.policy).type('html').send(docs.html);
  });
  routes.use(healthPages(health));
  return routes;
}

function versionsAt(baseUrl: string): VersionsDocument {
  const links = [{ rel: 'self' as const, href: `${baseUrl}/v1/` }];
  return { versions: [{ id: 'v1.0', status: 'CURRENT', version: '', min_version: '', updated: UPDATED, links }] };
}
