/**
 * The five old routes of the Proxy CLI, at their old paths. Parameters come in the query string; bodies are never read.
 * Whatever happens is answered in the old form. Invariant: nothing is looked at before the caller is authorized (access.ts).
 */

import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import type * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import { parseInput } from '../../core/values/input.ts';
import { isPraasError, praasError } from '../../pat/errors.ts';
import { callerOf } from '../http/caller.ts';
import { requestError } from '../http/problem.ts';
import { authorize, type LegacyAccess } from './access.ts';
import { failure, type LegacyAnswer } from './answers.ts';
import { LegacyMappings, type LegacyPat } from './mappings.ts';
import { OfRouter, OfServer, ToCreate, ToModify, ToRemove } from './parameters.ts';

export interface LegacyParts extends LegacyAccess {
  readonly pat: LegacyPat;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly answer: (query: unknown) => Promise<LegacyAnswer>;
}

export function legacyRouter(parts: LegacyParts): Router {
  // As the Proxy CLI writes them and no other way: who keeps them from others by their path keeps all of them.
  const router = Router({ caseSensitive: true, strict: true });
  const check: RequestHandler = (request, _response, next) => {
    authorize(request, parts);
    next();
  };
  for (const { method, path, answer } of routesOf(new LegacyMappings(parts.pat, parts.clock))) {
    router.all(path, check);
    router[method](path, handlerOf(answer, parts.log));
    router.all(path, refuseMethod(method.toUpperCase()));
  }
  router.use(failed(parts.log));
  return router;
}

function routesOf(mappings: LegacyMappings): readonly Route[] {
  return [
    route('get', '/router_pat', OfRouter, ({ router_id }) => mappings.ofRouter(router_id)),
    route('get', '/router_server_pat', OfServer, ({ router_id, server_ip }) => mappings.ofServer(router_id, server_ip)),
    route('post', '/pat/create', ToCreate, (place) => mappings.create(place)),
    route('post', '/pat/remove', ToRemove, (place) => mappings.remove(place)),
    route('post', '/pat/modify', ToModify, ({ place, router_port }) => mappings.modify(place, router_port)),
  ];
}

function route<T>(
  method: Route['method'],
  path: string,
  schema: z.ZodType<T>,
  answer: (input: T) => Promise<LegacyAnswer>,
): Route {
  return { method, path, answer: async (query) => answer(parseInput(schema, query)) };
}

function handlerOf(answer: Route['answer'], log: Logger): RequestHandler {
  return async (request, response) => {
    const body = await answer({ ...request.query });
    // Nobody has said who they are: the address is what is left to write down.
    if (request.method === 'POST') {
      log.info('answered the old API', { path: request.path, address: callerOf(request), answer: body });
    }
    response.set('Cache-Control', 'no-store').json(body);
  };
}

function refuseMethod(allowed: string): RequestHandler {
  return ({ method, path }) => {
    throw praasError('METHOD_NOT_ALLOWED', { method, path, allowed: [allowed] });
  };
}

function failed(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const error = requestError(thrown);
    const { status, body } = failure(error, String(response.locals['request_id']));
    if (status >= 500) {
      const stack = isPraasError(error) || !(error instanceof Error) ? undefined : error.stack;
      const reason = messageOf(error);
      log.warn('a request failed', { method: request.method, path: request.path, reason, ...(stack && { stack }) });
    }
    if (isPraasError(error, 'METHOD_NOT_ALLOWED')) response.set('Allow', error.facts.allowed.join());
    response.status(status).set('Cache-Control', 'no-store').json(body);
  };
}
