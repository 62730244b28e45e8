/** What a daemon refuses, as errors of the catalogue. */
import * as z from 'zod';
import { CATALOGUE, type ErrorCode, PraasError, praasError } from '../errors.ts';
import { Printable } from './printable.ts';

/** One error in OpenStack's form. */
export const Problem = z.object({
  request_id: Printable,
  code: Printable,
  detail: Printable,
  next_steps: z.array(Printable),
  facts: z.record(z.string(), z.unknown()),
});
export type Problem = z.infer<typeof Problem>;

const Errors = z.object({ errors: z.tuple([Problem], z.unknown()) });

const PREFIX = 'praas.';

/** The error that the service itself would have thrown; DAEMON_BAD_RESPONSE when this praas does not know its code. */
export function errorOf(problem: Problem, url: string): PraasError {
  const { code: wire, detail, next_steps, facts, request_id } = problem;
  const code = wire.startsWith(PREFIX) ? wire.slice(PREFIX.length).replaceAll('-', '_').toUpperCase() : '';
  if (isCode(code))
    return new PraasError({ code, kind: CATALOGUE[code].kind, message: detail, nextSteps: next_steps, facts });
  return badResponse(url, `${wire}: ${detail} (${request_id})`);
}

/** The same for an answer that is none, by its body as far as that is JSON. */
export function refusal(status: number, body: unknown, url: string): PraasError {
  const { data } = Errors.safeParse(body);
  return data ? errorOf(data.errors[0], url) : badResponse(url, `HTTP ${status} without a reason`);
}

export function badResponse(url: string, reason: string): PraasError {
  return praasError('DAEMON_BAD_RESPONSE', { url, reason });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(CATALOGUE, code);
}
