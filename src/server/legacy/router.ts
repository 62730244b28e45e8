/**
 * The five routes of the Proxy CLI, at their old paths. Parameters come in the query string; bodies are never read. Every
 * error is sent in the form of the legacy API. Invariant: nothing of a request is parsed before it is authorized (access.ts).
 */

import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import type * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { parseInput } from '../../core/values/input.ts';
import { isPraasError, praasError } from '../../pat/errors.ts';
import { logFailure } from '../http/app.ts';
import { requestError } from '../http/problem.ts';
import { authorize, type LegacyAccess } from './access.ts';
import { LegacyMappings, type LegacyPat } from './mappings.ts';
import {
  CreateParameters,
  ModifyParameters,
  RemoveParameters,
  RouterParameters,
  ServerParameters,
} from './parameters.ts';
import { failure, type LegacyResponse } from './responses.ts';

interface LegacyParts extends LegacyAccess {
  readonly pat: LegacyPat;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly handle: (query: unknown) => Promise<LegacyResponse>;
}

export function legacyRouter(parts: LegacyParts): Router {
  // Only the exact paths of the Proxy CLI: a proxy that blocks these paths blocks every way to reach the routes.
  const router = Router({ caseSensitive: true, strict: true });
  const authorization: RequestHandler = (request, _response, next) => {
    authorize(request, parts);
    next();
  };
  for (const { method, path, handle } of routesOf(new LegacyMappings(parts.pat, parts.clock))) {
    router.all(path, authorization);
    router[method](path, handlerOf(handle, parts));
    router.all(path, refuseMethod(method.toUpperCase()));
  }
  router.use(errorHandler(parts));
  return router;
}

function routesOf(mappings: LegacyMappings): readonly Route[] {
  return [
    route('get', '/router_pat', RouterParameters, ({ router_id }) => mappings.ofRouter(router_id)),
    route('get', '/router_server_pat', ServerParameters, ({ router_id, server_ip }) =>
      mappings.ofServer(router_id, server_ip),
    ),
    route('post', '/pat/create', CreateParameters, (target) => mappings.create(target)),
    route('post', '/pat/remove', RemoveParameters, (target) => mappings.remove(target)),
    route('post', '/pat/modify', ModifyParameters, ({ target, router_port }) => mappings.modify(target, router_port)),
  ];
}

function route<T>(
  method: Route['method'],
  path: string,
  schema: z.ZodType<T>,
  handle: (input: T) => Promise<LegacyResponse>,
): Route {
  return { method, path, handle: async (query) => handle(parseInput(schema, query)) };
}

function handlerOf(handle: Route['handle'], { addressOf, log }: LegacyParts): RequestHandler {
  return async (request, response) => {
    const body = await handle({ ...request.query });
    // There is no requester to log, so the address of the client stands for it.
    if (request.method === 'POST') {
      log.info('legacy request ended', { path: request.path, address: addressOf(request), response: body });
    }
    response.set('Cache-Control', 'no-store').json(body);
  };
}

function refuseMethod(allowed: string): RequestHandler {
  return ({ method, path }) => {
    throw praasError('METHOD_NOT_ALLOWED', { method, path, allowed: [allowed] });
  };
}

function errorHandler({ log }: LegacyParts): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const error = requestError(thrown);
    const { status, body } = failure(error, String(response.locals['request_id']));
    if (status >= 500) logFailure(log, request, error);
    if (isPraasError(error, 'METHOD_NOT_ALLOWED')) response.set('Allow', error.facts.allowed.join());
    response.status(status).set('Cache-Control', 'no-store').json(body);
  };
}
