/** Error responses of a PAT agent, as errors of the catalogue. */
import * as z from 'zod';
import { CATALOGUE, type ErrorCode, PraasError, praasError } from '../errors.ts';
import { Printable } from './printable.ts';

/** One error as the API sends it, in the form of OpenStack. */
export const ErrorItem = z.object({
  request_id: Printable,
  code: Printable,
  detail: Printable,
  next_steps: z.array(Printable),
  facts: z.record(z.string(), z.unknown()),
});
export type ErrorItem = z.infer<typeof ErrorItem>;

const ErrorDocument = z.object({ errors: z.tuple([ErrorItem], z.unknown()) });

const PREFIX = 'praas.';

/** Gives the error that the service threw; DAEMON_BAD_RESPONSE for a code that this version does not have. */
export function errorOf({ code: wireCode, detail, next_steps, facts, request_id }: ErrorItem, url: string): PraasError {
  const code = codeOf(wireCode);
  if (code === undefined) return badResponse(url, `${wireCode}: ${detail} (${request_id})`);
  return new PraasError({ code, kind: CATALOGUE[code].kind, message: detail, nextSteps: next_steps, facts });
}

/** Takes the status and the body of an error response; the body is undefined where it is not JSON. */
export function responseError(status: number, body: unknown, url: string): PraasError {
  const { data } = ErrorDocument.safeParse(body);
  return data ? errorOf(data.errors[0], url) : badResponse(url, `HTTP ${status} without an error document`);
}

export function badResponse(url: string, reason: string): PraasError {
  return praasError('DAEMON_BAD_RESPONSE', { url, reason });
}

/** Takes `praas.mapping-not-found`, gives `MAPPING_NOT_FOUND`; undefined where the catalogue has no such code. */
function codeOf(wireCode: string): ErrorCode | undefined {
  if (!wireCode.startsWith(PREFIX)) return undefined;
  const code = wireCode.slice(PREFIX.length).replaceAll('-', '_').toUpperCase();
  return Object.hasOwn(CATALOGUE, code) ? (code as ErrorCode) : undefined;
}
