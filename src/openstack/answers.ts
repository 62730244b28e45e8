/** What a service's answer means: JSON that fits a schema, or the error of the catalogue that says why not. */
import * as z from 'zod';
import { type PraasError, praasError } from '../core/errors/errors.ts';
import type { HttpResponse } from '../system/http/exchange.ts';

const MOST_SHOWN = 200;
/** Tokens are long words; names and IDs are not. A service may quote the token that it refuses. */
const LONG_WORD = /\S{100,}/g;
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\s]+/gu;
const NOT_FOUND = 404;

/** Gives the body as the schema reads it. Throws CLOUD_BAD_RESPONSE. */
export function readAnswer<T>(schema: z.ZodType<T>, { text }: HttpResponse, service: string): T {
  const { data, error } = schema.safeParse(jsonOf(text));
  if (error === undefined) return data;
  const [issue] = error.issues;
  const where = issue?.path.join('.') ?? '';
  const reason = jsonOf(text) === undefined ? 'its answer is not JSON' : `${where || 'the answer'}: ${issue?.message}`;
  throw praasError('CLOUD_BAD_RESPONSE', { service, reason });
}

/**
 * True for a success, false when the service itself says that there is no such thing. Throws what `refusal` gives otherwise:
 * the 404 of a proxy, or of an address that is not the service's, says nothing of what is there.
 */
export function isThere(reply: HttpResponse, service: string): boolean {
  if (isSuccess(reply)) return true;
  if (reply.status === NOT_FOUND && reasonOf(reply.text) !== undefined) return false;
  throw refusal(reply, service);
}

export function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

/** The error for an answer that is no success. What it quotes of `secrets` is left out. */
export function refusal({ status, text }: HttpResponse, service: string, secrets: readonly string[] = []): PraasError {
  const said = reasonOf(text, secrets);
  const reason = said || 'no reason given';
  if (status >= 500 || status === 429)
    return praasError('CLOUD_UNAVAILABLE', { service, reason: `HTTP ${status}: ${reason}` });
  if (status < 400 || (status === NOT_FOUND && said === undefined))
    return praasError('CLOUD_BAD_RESPONSE', { service, reason: `HTTP ${status}: ${reason}` });
  return praasError('CLOUD_REFUSED', { service, status, reason });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keystone has `error.message`, Neutron `NeutronError.message`, Nova `badRequest.message`: one key with a message in it. */
const Refusal = z.record(z.string(), z.object({ message: z.string() }));

/** A sentence that may be shown; undefined for what is not in the words of such a service. */
function reasonOf(text: string, secrets: readonly string[] = []): string | undefined {
  const [inside] = Object.values(Refusal.safeParse(jsonOf(text)).data ?? {});
  if (inside === undefined) return undefined;
  const harmless = secrets.reduce((left, secret) => left.replaceAll(secret, '…'), inside.message);
  const plain = harmless.replaceAll(LONG_WORD, '…').replaceAll(UNPRINTABLE, ' ').trim();
  return plain.length > MOST_SHOWN ? `${plain.slice(0, MOST_SHOWN)}…` : plain;
}
