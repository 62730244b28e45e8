/** The pages that need no token: which versions there are, what the API is, and how the agent is. */
import { type RequestHandler, Router } from 'express';
import { praasError } from '../pat/errors.ts';
import { baseUrlOf } from './app.ts';
import { docsPage } from './docs-page.ts';
import type { Metrics } from './metrics.ts';
import type { Document } from './openapi.ts';
import { judge, type Readiness } from './readiness.ts';
import type { HealthDocument, VersionsDocument } from './schemas.ts';

export interface PagesParts {
  readonly document: Document;
  readonly readiness: Readiness;
  readonly metrics: Pick<Metrics, 'text'>;
}

/** When something of /v1 last changed for its callers. */
const UPDATED = '2026-11-23T00:00:00Z';
const METHODS = ['GET', 'HEAD'];

/** Each answers GET and HEAD, and refuses everything else with METHOD_NOT_ALLOWED. What never changes is made once, now. */
export function pages({ document, readiness, metrics }: PagesParts): RequestHandler {
  const docs = docsPage(document);
  const openapi = JSON.stringify(document);
  const router = Router();
  const page = (path: string, handler: RequestHandler): void => {
    router.get(path, handler).all(path, refuse);
  };
  page('/', (request, response) => {
    response.json(versionsAt(baseUrlOf(request)));
  });
  page('/openapi.json', (_request, response) => {
    response.type('json').send(openapi);
  });
  page('/docs', (_request, response) => {
    response.set('Content-Security-Policy', docs.policy).type('html').send(docs.html);
  });
  page('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' } satisfies HealthDocument);
  });
  page('/readyz', async (_request, response) => {
    const answer = await judge(readiness);
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

function versionsAt(base_url: string): VersionsDocument {
  const links = [{ rel: 'self' as const, href: `${base_url}/v1/` }];
  return { versions: [{ id: 'v1.0', status: 'CURRENT', version: '', min_version: '', updated: UPDATED, links }] };
}

const refuse: RequestHandler = ({ method, path }) => {
  throw praasError('METHOD_NOT_ALLOWED', { method, path, allowed: METHODS });
};
