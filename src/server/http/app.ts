/**
 * The API as an express application: every request gets an id, is authenticated, parsed, authorized, handled, and answered in
 * one form whatever happens. It listens nowhere by itself (listener.ts).
 */

import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import type { Clock } from '../../core/clock.ts';
import { isPraasError, praasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import { type AccessPolicy, requireAction } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import type { NewId } from '../../core/ids.ts';
import type { Logger } from '../../core/logger.ts';
import { parseInput } from '../../core/values/input.ts';
import type { RequestContext } from '../../system/request-context.ts';
import { type Api, actionsOf } from './api.ts';
import { callerOf } from './caller.ts';
import { type Answer, type Endpoint, expressPath, NO_QUERY } from './endpoint.ts';
import type { HttpMetrics } from './metrics.ts';
import { problemOf, requestError, statusOf } from './problem.ts';
import { redactFor } from './redact.ts';

export interface AppParts {
  readonly apis: readonly Api[];
  /** Routes that need no token, and those with a gate of their own. */
  readonly open: readonly RequestHandler[];
  /** Who asks. Throws the error of the catalogue that says why that is not known. */
  readonly authenticate: (request: Request) => Promise<Requester>;
  readonly policy: AccessPolicy;
  readonly context: RequestContext;
  readonly metrics: Pick<HttpMetrics, 'request'>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Logger;
}

const BODY_LIMIT_BYTES = 1024 * 1024;
const REQUEST_ID = 'X-Openstack-Request-Id';
const SECOND_MS = 1000;

/** Throws a plain error, a mistake of ours, for an API that does not declare what its endpoints use. */
export function createApp(parts: AppParts): Express {
  actionsOf(parts.apis);
  const endpoints = parts.apis.flatMap((api) => api.endpoints);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('json escape', false);
  app.use(begin(parts), helmet(), ...parts.open);
  const authenticate = authentication(parts);
  const json = express.json({ limit: BODY_LIMIT_BYTES, strict: false, type: () => true });
  for (const endpoint of endpoints)
    app[endpoint.method](expressPath(endpoint.path), authenticate, json, handlerOf(endpoint, parts));
  app.use('/v1', authenticate);
  for (const [path, methods] of methodsByPath(endpoints)) app.all(path, refuseMethod(methods));
  app.use((request) => {
    throw praasError('ROUTE_NOT_FOUND', { path: request.path });
  });
  app.use(failed(parts));
  return app;
}

/** Gives the request its id, and notes how it ended. */
function begin({ context, metrics, clock, newId, log }: AppParts): RequestHandler {
  return (request, response, next) => {
    const request_id = `req-${newId()}`;
    const start = clock.now().getTime();
    response.setHeader(REQUEST_ID, request_id);
    response.locals['request_id'] = request_id;
    const { method, path } = request;
    response.once('close', () => {
      const milliseconds = clock.now().getTime() - start;
      const route: unknown = request.route?.path;
      metrics.request(
        method,
        typeof route === 'string' ? route : 'other',
        response.statusCode,
        milliseconds / SECOND_MS,
      );
      const who = requesterOf(response)?.name;
      if (who === undefined && response.statusCode < 400) return;
      const details = { method, path, status: response.statusCode, milliseconds, address: addressOf(request) };
      context.run(request_id, () => log.info('request', { ...details, ...(who !== undefined && { who }) }));
    });
    context.run(request_id, next);
  };
}

function authentication({ authenticate }: AppParts): RequestHandler {
  return async (request, response, next) => {
    response.locals['requester'] = await authenticate(request);
    next();
  };
}

function handlerOf(endpoint: Endpoint, { policy }: AppParts): RequestHandler {
  return async (request, response) => {
    const requester = requesterOf(response);
    if (requester === undefined) throw new Error('a request came to its handler without having been authenticated');
    requireAction(policy, requester, endpoint.action);
    const answer = await endpoint.handle({
      requester,
      id: String(request.params['id'] ?? ''),
      query: parseInput(endpoint.query ?? NO_QUERY, { ...request.query }),
      body: endpoint.body && parseInput(endpoint.body, request.body),
      ifMatch: request.get('If-Match'),
      idempotencyKey: request.get('Idempotency-Key'),
      baseUrl: baseUrlOf(request),
      url: targetOf(request),
    });
    send(response, answer);
  };
}

function send(response: Response, { status, body, headers }: Answer): void {
  response.status(status).set({ 'Cache-Control': 'no-store', ...headers });
  if (body === undefined) response.end();
  else response.json(body);
}

function failed({ log }: AppParts): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const error = redactFor(requesterOf(response), requestError(thrown));
    const status = statusOf(error);
    if (status >= 500) {
      const stack = isPraasError(error) || !(error instanceof Error) ? undefined : error.stack;
      const reason = messageOf(error);
      log.warn('a request failed', { method: request.method, path: request.path, reason, ...(stack && { stack }) });
    }
    if (response.headersSent) return next(error);
    const problem = problemOf(error, String(response.locals['request_id']));
    if (status === 401) response.set('WWW-Authenticate', 'X-Auth-Token');
    if (isPraasError(error, 'TOO_MANY_FAILURES')) response.set('Retry-After', String(error.facts.seconds));
    if (isPraasError(error, 'METHOD_NOT_ALLOWED')) response.set('Allow', error.facts.allowed.join(', '));
    response.status(status).json({ errors: [problem] });
  };
}

function refuseMethod(allowed: readonly string[]): RequestHandler {
  return ({ method, path }) => {
    throw praasError('METHOD_NOT_ALLOWED', { method, path, allowed });
  };
}

function methodsByPath(endpoints: readonly Endpoint[]): Map<string, readonly string[]> {
  const groups = Map.groupBy(endpoints, ({ path }) => expressPath(path));
  return new Map([...groups].map(([path, group]) => [path, group.map(({ method }) => method.toUpperCase())]));
}

function requesterOf(response: Response): Requester | undefined {
  return response.locals['requester'] as Requester | undefined;
}

/** Where this API is for the caller. Their Host header may be anything; what is no host is not repeated. */
export function baseUrlOf(request: Request): string {
  const url = `${request.protocol}://${request.get('Host') ?? ''}`;
  return URL.canParse(url) ? new URL(url).origin : `${request.protocol}://localhost`;
}

/** Path and query, also of a request that names the whole address (RFC 9112, 3.2.2). */
function targetOf({ path, originalUrl }: Request): string {
  const query = originalUrl.indexOf('?');
  return query < 0 ? path : path + originalUrl.slice(query);
}

/** The caller's address as text, `unknown` when the connection is gone already. */
export function addressOf(request: Request): string {
  return callerOf(request) ?? 'unknown';
}
