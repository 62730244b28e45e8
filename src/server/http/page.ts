/** Public pages: they need no token. */
import type { RequestHandler, Router } from 'express';
import { praasError } from '../../core/errors/errors.ts';

const METHODS = ['GET', 'HEAD'];

/** Gives a function that adds a page to `routes`. A page responds to GET and HEAD, and refuses every other method. */
export function pagesOn(routes: Router): (path: string, handler: RequestHandler) => void {
  return (path, handler) => void routes.get(path, handler).all(path, refuseMethod);
}

const refuseMethod: RequestHandler = ({ method, path }) => {
  throw praasError('METHOD_NOT_ALLOWED', { method, path, allowed: METHODS });
};
