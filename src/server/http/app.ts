/**
 * The API as an express application: every request gets an ID, is authenticated, parsed, authorized, handled, and gets a
 * response whose form is the same for every error. It does not listen itself (listener.ts).
 */

import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import type { SteadyClock } from '../../core/clock.ts';
import { isPraasError, praasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import { type AccessPolicy, requireAction } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { type NewId, newRequestId } from '../../core/ids.ts';
import type { Logger } from '../../core/logger.ts';
import { parseInput } from '../../core/values/input.ts';
import type { RequestContext } from '../../system/request-context.ts';
import { type Api, actionsOf } from './api.ts';
import { type Endpoint, type EndpointResponse, expressPath, HEADERS, type HeaderName, NO_QUERY } from './endpoint.ts';
import { jsonBodyOf, readBody } from './json-body.ts';
import type { Limits } from './limits.ts';
import type { HttpMetrics } from './metrics.ts';
import { problemOf, requestError, statusOf } from './problem.ts';
import { redactFor } from './redact.ts';
import type { RefusalLog } from './refusal-log.ts';
import { baseUrlOf, pathAndQueryOf } from './request-url.ts';

export interface AppParts {
  readonly apis: readonly Api[];
  /** Routes without a token: public pages, and routes with access rules of their own. */
  readonly publicRoutes: readonly RequestHandler[];
  /** Gives the requester. Throws the error of the catalogue that says why there is none. */
  readonly authenticate: (request: Request) => Promise<Requester>;
  /** True for a token that is checked at once, or has been valid from that address; left out where no token is. */
  readonly isKnown?: (request: Request) => boolean;
  /** The address of the client, for the log. */
  readonly addressOf: (request: Request) => string | undefined;
  readonly policy: AccessPolicy;
  readonly context: RequestContext;
  /** Left out where there are none: on the socket of root. */
  readonly limits?: Limits | undefined;
  readonly metrics: Pick<HttpMetrics, 'requestEnded' | 'limited'>;
  readonly clock: SteadyClock;
  readonly newId: NewId;
  readonly log: Logger;
  /** Left out where every refused request has a line in the log. */
  readonly refusals?: RefusalLog | undefined;
}

const AUTHENTICATED = '/v1/';
const REQUEST_ID = 'X-Openstack-Request-Id';
const SECOND_MS = 1000;

/** Throws a plain error, which is a bug, for an API that does not declare what its endpoints use, or an action without a level. */
export function createApp(parts: AppParts): Express {
  for (const action of Object.keys(actionsOf(parts.apis))) parts.policy.level(action);
  const endpoints = parts.apis.flatMap((api) => api.endpoints);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('json escape', false);
  app.use(startRequest(parts), limitAddress(parts), wellFormed, helmet(), ...parts.publicRoutes);
  const authenticate = authentication(parts);
  for (const endpoint of endpoints)
    app[endpoint.method](expressPath(endpoint.path), authenticate, readBody, handlerOf(endpoint, parts));
  app.use('/v1', authenticate);
  for (const [path, methods] of methodsByPath(endpoints)) app.all(path, refuseMethod(methods));
  app.use((request) => {
    throw praasError('ROUTE_NOT_FOUND', { path: request.path });
  });
  app.use(errorHandler(parts));
  return app;
}

/** Gives the request its ID. When its response ends, counts it and writes its line of the log. */
function startRequest({ addressOf, context, metrics, clock, newId, log, refusals }: AppParts): RequestHandler {
  return (request, response, next) => {
    const requestId = newRequestId(newId);
    const start = clock.elapsedMs();
    response.setHeader(REQUEST_ID, requestId);
    response.locals['request_id'] = requestId;
    const { method, path } = request;
    // Known now: a connection that is closed has no address any more.
    const address = addressOf(request) ?? 'unknown';
    response.once('close', () => {
      const milliseconds = Math.round(clock.elapsedMs() - start);
      const route: unknown = request.route?.path;
      metrics.requestEnded(
        method,
        typeof route === 'string' ? route : 'other',
        response.statusCode,
        milliseconds / SECOND_MS,
      );
      const requester = requesterOf(response)?.name;
      // Health checks and public pages are not logged unless they fail.
      if (requester === undefined && response.statusCode < 400) return;
      const details = { method, path, status: response.statusCode, milliseconds, address };
      const write = (): void =>
        context.run(requestId, () =>
          log.info('request ended', { ...details, ...(requester !== undefined && { requester }) }),
        );
      // A failure of the node itself is news, unless anybody could ask for it.
      const isRepeatable = response.statusCode >= 400 && (response.statusCode < 500 || requester === undefined);
      if (refusals && isRepeatable) refusals.add(`status ${response.statusCode}`, address, write);
      else write();
      refusals?.flush();
    });
    context.run(requestId, next);
  };
}

/** Refuses what Node reads and HTTP does not allow (RFC 9112, 2.3 and 3.2). */
const wellFormed: RequestHandler = ({ httpVersionMajor, httpVersion, rawHeaders }, _response, next) => {
  if (httpVersionMajor !== 1)
    throw praasError('REQUEST_UNREADABLE', { reason: `HTTP/${httpVersion} on a connection for HTTP/1.1` });
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) throw praasError('REQUEST_UNREADABLE', { reason: 'it has several Host headers' });
  next();
};

function limitAddress({ limits, addressOf }: AppParts): RequestHandler {
  return (request, response, next) => {
    // Of requests with a token, only the authentication counts: an address may be that of many callers.
    if (!limits || request.path.toLowerCase().startsWith(AUTHENTICATED)) return next();
    const address = addressOf(request) ?? 'unknown';
    whenClosed(response, limits.beginOfAddress(address));
    return limits.inTurnOfAddress(address, async () => next());
  };
}

function authentication({ authenticate, isKnown, limits, addressOf }: AppParts): RequestHandler {
  return async (request, response, next) => {
    const end = isKnown?.(request) ? undefined : limits?.beginOfUnknown(addressOf(request) ?? 'unknown');
    const requester = await authenticate(request).finally(end);
    response.locals['requester'] = requester;
    if (limits) whenClosed(response, limits.beginOfCaller(requester.caller));
    next();
  };
}

/** Calls it when the response is over. The client may have hung up before, while the request waited for something. */
function whenClosed(response: Response, end: () => void): void {
  if (response.closed) end();
  else response.once('close', end);
}

function handlerOf(endpoint: Endpoint, { policy, limits }: AppParts): RequestHandler {
  return async (request, response) => {
    const requester = requesterOf(response);
    if (requester === undefined) throw new Error('a request reached its handler without authentication');
    const { caller } = requester;
    const begin = async (): Promise<(() => Promise<void>) | undefined> => {
      requireAction(policy, requester, endpoint.action);
      const input = inputOf(request, endpoint, requester);
      const answer = async (): Promise<void> => send(response, await endpoint.handle(input));
      const writes = endpoint.method === 'get' ? 0 : (endpoint.writes?.(input) ?? 1);
      await limits?.countWrites(caller, writes);
      if (writes > 0 || endpoint.isLong) return answer;
      await answer();
      return undefined;
    };
    // Reads are handled in the turn of the caller; of anything else, only what comes before it is.
    const rest = await (limits ? limits.inTurn(caller, begin) : begin());
    await rest?.();
  };
}

/** Throws INVALID_INPUT, REQUEST_UNREADABLE, BODY_TOO_COMPLEX. */
function inputOf(request: Request, endpoint: Endpoint, requester: Requester): Parameters<Endpoint['handle']>[0] {
  return {
    requester,
    id: endpoint.id ? parseInput(endpoint.id, request.params['id'], 'id') : '',
    query: parseInput(endpoint.query ?? NO_QUERY, { ...request.query }),
    body: endpoint.body && parseInput(endpoint.body, jsonBodyOf(request)),
    ifMatch: headerOf(request, endpoint, 'If-Match'),
    idempotencyKey: headerOf(request, endpoint, 'Idempotency-Key'),
    baseUrl: baseUrlOf(request),
    url: pathAndQueryOf(request),
  };
}

/** Undefined also for a header that the operation does not use. Throws INVALID_INPUT. */
function headerOf(request: Request, { headers = [] }: Endpoint, name: HeaderName): string | undefined {
  return headers.includes(name) ? parseInput(HEADERS[name], request.get(name), name) : undefined;
}

function send(response: Response, { status, body, headers }: EndpointResponse): void {
  response.status(status).set({ 'Cache-Control': 'no-store', ...headers });
  if (body === undefined) response.end();
  else response.json(body);
}

function errorHandler({ log, metrics, policy, refusals, addressOf, limits }: AppParts): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const whole = requestError(thrown);
    const error = redactFor(policy, requesterOf(response), whole);
    const status = statusOf(error);
    const write = (): void => logFailure(log, request, whole);
    if (status >= 500 && requesterOf(response) === undefined && refusals)
      refusals.add('request failed', addressOf(request) ?? 'unknown', write);
    else if (status >= 500) write();
    if (response.headersSent) return next(error);
    const problem = problemOf(error, String(response.locals['request_id']));
    if (status === 401) response.set('WWW-Authenticate', 'X-Auth-Token');
    if (isPraasError(error, 'TOO_MANY_REQUESTS')) metrics.limited(error.facts.limit);
    if (isPraasError(error, 'TOO_MANY_FAILURES')) metrics.limited('failed_authentications_per_minute');
    if (isPraasError(error, 'TOO_MANY_FAILURES', 'TOO_MANY_REQUESTS'))
      response.set('Retry-After', String(error.facts.seconds));
    if (isPraasError(error, 'METHOD_NOT_ALLOWED')) response.set('Allow', error.facts.allowed.join(', '));
    const respond = (): void => void response.status(status).json({ errors: [problem] });
    if (limits === undefined) return respond();
    if (status === 429) return whenClosed(response, limits.respondLater(respond));
    // A refusal has a turn of its own, wherever the request was refused: what is refused at once can be repeated without end.
    const caller = requesterOf(response)?.caller;
    const refusal = async (): Promise<void> => respond();
    if (caller === undefined) return limits.inTurnOfAddress(addressOf(request) ?? 'unknown', refusal);
    return limits.inTurn(caller, refusal);
  };
}

/** The line of the log about a failure of the node itself. Only a bug has a stack: errors of the catalogue explain themselves. */
export function logFailure(log: Logger, { method, path }: Request, error: unknown): void {
  const stack = isPraasError(error) || !(error instanceof Error) ? undefined : error.stack;
  log.warn('request failed', { method, path, error: messageOf(error), ...(stack && { stack }) });
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
