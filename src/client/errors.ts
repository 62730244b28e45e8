/** Every way in which asking a daemon fails, as errors of the catalogue: what it refused, and why it did not answer. */
import { getSystemErrorMessage } from 'node:util';
import * as z from 'zod';
import { CATALOGUE, type ErrorCode, PraasError, praasError } from '../pat/errors.ts';
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

/** The error that the service itself would have thrown; DAEMON_MISUNDERSTOOD when this praas does not know its code. */
export function errorOf(problem: Problem, url: string): PraasError {
  const { code: wire, detail, next_steps, facts, request_id } = problem;
  const code = wire.startsWith(PREFIX) ? wire.slice(PREFIX.length).replaceAll('-', '_').toUpperCase() : '';
  if (isCode(code)) return new PraasError(code, detail, next_steps, facts, undefined);
  return misunderstood(url, `${wire}: ${detail} (${request_id})`);
}

/** The same for an answer that is none, by its body as far as that is JSON. */
export function refusal(status: number, body: unknown, url: string): PraasError {
  const { data } = Errors.safeParse(body);
  return data ? errorOf(data.errors[0], url) : misunderstood(url, `HTTP ${status} without a reason`);
}

export function misunderstood(url: string, reason: string): PraasError {
  return praasError('DAEMON_MISUNDERSTOOD', { url, reason });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(CATALOGUE, code);
}

const BROKEN = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

/** True when there was a connection and it broke: who listens there may have acted, and may be back in a moment. */
export function isBroken(error: unknown): boolean {
  return BROKEN.includes(codeOf(error));
}

const UNTRUSTED = 'its certificate is not from an authority known here; --cacert names another one';
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its host name cannot be looked up now',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
};

/** Why there is no answer, in words that people understand. */
export function reasonOf(error: unknown): string {
  if (isBroken(error)) return 'the connection broke before an answer came';
  const code = codeOf(error);
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return 'it does not speak TLS; is it http://?';
  const { errno, message } = error as NodeJS.ErrnoException;
  return typeof errno === 'number' && errno < 0 ? getSystemErrorMessage(errno) : message;
}

/** True when what came is not HTTP. */
export function isNotHttp(error: unknown): boolean {
  return codeOf(error).startsWith('HPE_');
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
