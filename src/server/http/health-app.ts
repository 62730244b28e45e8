/** The HTTP server of a daemon without an API: its health pages, and nothing else. */
import express, { type Express, type Request } from 'express';
import helmet from 'helmet';
import { isPraasError, praasError } from '../../core/errors/errors.ts';
import { type NewId, newRequestId } from '../../core/ids.ts';
import { type HealthParts, healthPages } from './health-pages.ts';
import type { Limits } from './limits.ts';
import { problemOf, statusOf } from './problem.ts';

interface HealthAppParts extends HealthParts {
  readonly newId: NewId;
  readonly limits: Limits;
  readonly addressOf: (request: Request) => string | undefined;
  /** Called with the key of the limit for each request that is refused for it. */
  readonly onLimited: (limit: string) => void;
}

export function healthApp({ newId, limits, addressOf, onLimited, ...health }: HealthAppParts): Express {
  const app = express().disable('x-powered-by').use(helmet());
  app.use((request, response, next) => {
    try {
      response.once('close', limits.beginOfAddress(addressOf(request) ?? 'unknown'));
      next();
    } catch (error) {
      if (!isPraasError(error, 'TOO_MANY_REQUESTS')) throw error;
      onLimited(error.facts.limit);
      response.set('Retry-After', String(error.facts.seconds)).status(statusOf(error));
      const respond = (): void => void response.json({ errors: [problemOf(error, newRequestId(newId))] });
      response.once('close', limits.respondLater(respond));
    }
  });
  app.use(healthPages(health));
  app.use(({ path }, response) => {
    const error = praasError('ROUTE_NOT_FOUND', { path });
    response.status(statusOf(error)).json({ errors: [problemOf(error, newRequestId(newId))] });
  });
  return app;
}
