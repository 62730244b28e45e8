/** The HTTP server of a daemon without an API: its health pages, and nothing else. */
import express, { type Express } from 'express';
import helmet from 'helmet';
import { praasError } from '../../core/errors/errors.ts';
import { type NewId, newRequestId } from '../../core/ids.ts';
import { type HealthParts, healthPages } from './health-pages.ts';
import { problemOf, statusOf } from './problem.ts';

export function healthApp({ newId, ...health }: HealthParts & { readonly newId: NewId }): Express {
  const app = express().disable('x-powered-by').use(helmet());
  app.use(healthPages(health));
  app.use(({ path }, response) => {
    const error = praasError('ROUTE_NOT_FOUND', { path });
    response.status(statusOf(error)).json({ errors: [problemOf(error, newRequestId(newId))] });
  });
  return app;
}
