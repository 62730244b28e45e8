/** A page that needs no token. */
import type { RequestHandler, Router } from 'express';
import { praasError } from '../../core/errors/errors.ts';

const METHODS = ['GET', 'HEAD'];

/** Gives what adds a page to the router: it answers GET and HEAD, and refuses everything else with METHOD_NOT_ALLOWED. */
export function pageOn(router: Router): (path: string, handler: RequestHandler) => void {
  return (path, handler) => void router.get(path, handler).all(path, refuse);
}

const refuse: RequestHandler = ({ method, path }) => {
  throw praasError('METHOD_NOT_ALLOWED', { method, path, allowed: METHODS });
};
