/** Parses the responses of OpenStack's services: JSON that matches a schema, or an error of the catalogue. */
import * as z from 'zod';
import { type PraasError, praasError } from '../core/errors/errors.ts';
import { parseJson } from '../core/values/json.ts';
import { cleaned, printable } from '../core/values/printable.ts';
import { redirectReason } from '../system/http/bad-response.ts';
import type { HttpResponse } from '../system/http/exchange.ts';

/** Tokens are long words; names and IDs are not. A service may quote the token that it rejects. */
const LONG_WORD = /\S{100,}/g;
const NOT_FOUND = 404;
const TOO_MANY_REQUESTS = 429;

/** Where a body may have a character that `cleaned` replaces: as it is, or escaped. Reading without a reviver is much faster. */
const SUSPICIOUS =
  /\\(?:[bfnrt]|u00[0189a]|u007f|u061c|u180e|u20[026]|ud[89a-f]|ufeff|ufff)|[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\udb40]/i;

/**
 * Gives the parsed body; undefined for text that is not JSON. This is the door by which names and messages of the cloud come in: they
 * are written by tenants, and end in terminals, tables and logs. No string behind it has a control character or a line break.
 */
function parseBody(text: string): unknown {
  if (!SUSPICIOUS.test(text)) return parseJson(text);
  try {
    return JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? cleaned(value) : value)) as unknown;
  } catch {
    return undefined;
  }
}

/** Gives the body, parsed by the schema. Throws CLOUD_BAD_RESPONSE. */
export function parseResponse<T>(schema: z.ZodType<T>, { text }: HttpResponse, service: string): T {
  const body = parseBody(text);
  const { data, error } = schema.safeParse(body);
  if (error === undefined) return data;
  const [issue] = error.issues;
  const field = issue?.path.join('.') || 'the body';
  const reason = body === undefined ? 'the body is not JSON' : `${field}: ${issue?.message}`;
  throw praasError('CLOUD_BAD_RESPONSE', { service, reason });
}

/**
 * True for a success, false for a 404 of the service itself. Throws responseError for all other responses, such as the 404 of a
 * proxy or of a wrong address, which says nothing of the resource.
 */
export function isFound(response: HttpResponse, service: string): boolean {
  if (isSuccess(response)) return true;
  if (response.status === NOT_FOUND && messageIn(response.text) !== undefined) return false;
  throw responseError(response, service);
}

export function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

/** Gives the error for a response that is not a success. `secrets` are removed from what it quotes. */
export function responseError(response: HttpResponse, service: string, secrets: readonly string[] = []): PraasError {
  const { status, text } = response;
  const message = messageIn(text, secrets);
  const reason = `HTTP ${status}: ${message || 'no reason given'}`;
  if (status >= 500 || status === TOO_MANY_REQUESTS) return praasError('CLOUD_UNAVAILABLE', { service, reason });
  if (status < 400 || (status === NOT_FOUND && message === undefined))
    return praasError('CLOUD_BAD_RESPONSE', { service, reason: redirectReason(response) ?? reason });
  return praasError('CLOUD_REFUSED', { service, status, reason: message || 'no reason given', type: typeIn(text) });
}

/** Keystone sends `error.message`, Neutron `NeutronError.message`, Nova `badRequest.message`: one key with a message in it. */
const ErrorBody = z.record(z.string(), z.object({ message: z.string(), type: z.unknown().optional() }));
/** The name of a class, and nothing of a resource. */
const TYPE = /^[A-Za-z]{1,64}$/;

/** Gives the message of an error body, safe to print; undefined for a body that no such service sends. */
function messageIn(text: string, secrets: readonly string[] = []): string | undefined {
  const [inside] = Object.values(ErrorBody.safeParse(parseJson(text)).data ?? {});
  if (inside === undefined) return undefined;
  const withoutSecrets = secrets.reduce((left, secret) => left.replaceAll(secret, '…'), inside.message);
  return printable(withoutSecrets.replaceAll(LONG_WORD, '…'));
}

/** Gives the type of an error body, which Neutron sends: the name of a class. */
function typeIn(text: string): string | undefined {
  const [inside] = Object.values(ErrorBody.safeParse(parseJson(text)).data ?? {});
  return typeof inside?.type === 'string' && TYPE.test(inside.type) ? inside.type : undefined;
}
