/** What `praas monitor` says of itself over HTTP. */
import express, { type Express } from 'express';
import helmet from 'helmet';
import { praasError } from '../../core/errors/errors.ts';
import type { MonitorMetrics } from '../pat/monitor-metrics.ts';
import { healthPages } from './health-pages.ts';
import { problemOf, statusOf } from './problem.ts';

export interface MonitorAppParts {
  /** Why mappings may not be as the cloud is; undefined while all is well. */
  readonly trouble: () => string | undefined;
  readonly metrics: MonitorMetrics;
  readonly new_id: () => string;
}

export function monitorApp({ trouble, metrics, new_id }: MonitorAppParts): Express {
  const readiness = {
    check: async () => {
      const reason = trouble();
      return [{ name: 'monitor' as const, ok: reason === undefined, detail: reason ?? '' }];
    },
  };
  const app = express().disable('x-powered-by').use(helmet());
  app.use(healthPages({ readiness, metrics, wishes: [] }));
  app.use(({ path }, response) => {
    const error = praasError('ROUTE_NOT_FOUND', { path });
    response.status(statusOf(error)).json({ errors: [problemOf(error, `req-${new_id()}`)] });
  });
  return app;
}
