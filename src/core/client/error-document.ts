/** Error responses of a daemon, as errors of a catalogue. */
import * as z from 'zod';
import { praasError } from '../errors/errors.ts';
import { type Catalogue, PraasError } from '../errors/praas-error.ts';
import { codeOfWire } from '../errors/wire-code.ts';
import { Printable, PrintableLines } from './printable.ts';

/** One error as the API sends it, in the form of OpenStack. */
export const ErrorItem = z.object({
  request_id: Printable,
  code: Printable,
  detail: PrintableLines,
  next_steps: z.array(PrintableLines),
  facts: z.record(z.string(), z.unknown()),
});
export type ErrorItem = z.infer<typeof ErrorItem>;

const ErrorDocument = z.object({ errors: z.tuple([ErrorItem], z.unknown()) });

/** Where a response is from, and the errors that this version knows. */
export interface Origin {
  readonly url: string;
  readonly catalogue: Catalogue;
}

/** Gives the error that the service threw; DAEMON_BAD_RESPONSE for a code that the catalogue does not have. */
export function errorOf(item: ErrorItem, { url, catalogue }: Origin): PraasError {
  const { code: wire, detail: message, next_steps: nextSteps, facts, request_id } = item;
  const code = codeOfWire(wire) ?? '';
  const entry = Object.hasOwn(catalogue, code) ? catalogue[code] : undefined;
  if (entry === undefined) return badResponse(url, `${wire}: ${message} (${request_id})`);
  const { kind, status } = entry;
  return new PraasError({ code, kind, message, nextSteps, facts, status });
}

/** Takes the status and the body of an error response; the body is undefined where it is not JSON. */
export function responseError(status: number, body: unknown, origin: Origin): PraasError {
  const { data } = ErrorDocument.safeParse(body);
  return data ? errorOf(data.errors[0], origin) : badResponse(origin.url, `HTTP ${status} without an error document`);
}

export function badResponse(url: string, reason: string): PraasError {
  return praasError('DAEMON_BAD_RESPONSE', { url, reason });
}
