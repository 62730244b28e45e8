/** What a service's answer means: JSON that fits a schema, or the error of the catalogue that says why not. */
import * as z from 'zod';
import { praasError } from '../pat/errors.ts';
import type { Reply } from './http.ts';

const MOST_SHOWN = 200;

/** Gives the body as the schema reads it. Throws CLOUD_MISUNDERSTOOD. */
export function readAnswer<T>(schema: z.ZodType<T>, { text }: Reply, service: string): T {
  const { data, error } = schema.safeParse(jsonOf(text));
  if (error === undefined) return data;
  const [issue] = error.issues;
  const where = issue?.path.join('.') ?? '';
  const reason = jsonOf(text) === undefined ? 'its answer is not JSON' : `${where || 'the answer'}: ${issue?.message}`;
  throw praasError('CLOUD_MISUNDERSTOOD', { service, reason });
}

/** The error for a status that is no success. */
export function refusal({ status, text }: Reply, service: string): Error {
  const reason = sentenceOf(text) ?? `HTTP ${status} without a reason`;
  if (status >= 500 || status === 429)
    return praasError('CLOUD_UNAVAILABLE', { service, reason: `HTTP ${status}: ${reason}` });
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
const Refusal = z.record(z.string(), z.unknown());
const Message = z.object({ message: z.string() });

function sentenceOf(text: string): string | undefined {
  const { data } = Refusal.safeParse(jsonOf(text));
  const [inside] = Object.values(data ?? {});
  const message = typeof inside === 'string' ? inside : Message.safeParse(inside).data?.message;
  const plain = message?.replaceAll(/[\p{Cc}\p{Bidi_Control}\s]+/gu, ' ').trim();
  return plain && plain.length > MOST_SHOWN ? `${plain.slice(0, MOST_SHOWN)}…` : plain || undefined;
}
