/** Errors as callers are told, in OpenStack's form. The one table of HTTP statuses. Nothing of the inside gets out. */
import type { ErrorKind } from '../../core/errors/entry.ts';
import { type CoreCode, isPraasError, praasError } from '../../core/errors/errors.ts';

export interface Problem {
  readonly request_id: string;
  /** `praas.port-taken` for PORT_TAKEN. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly next_steps: readonly string[];
  readonly facts: Readonly<Record<string, unknown>>;
}

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  Usage: 400,
  Invalid: 400,
  Unauthenticated: 401,
  Forbidden: 403,
  NotFound: 404,
  Conflict: 409,
  Unavailable: 503,
  External: 500,
};

/** Where HTTP has a more exact word than the kind. */
const BY_CODE: Readonly<Partial<Record<CoreCode, number>>> = {
  METHOD_NOT_ALLOWED: 405,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  IDEMPOTENCY_KEY_REUSED: 422,
  TOO_MANY_FAILURES: 429,
  // Of the daemon's own rights, not of the caller's.
  NOT_PERMITTED: 500,
};

const PREFIX = 'praas.';
/** Of an error that is in no catalogue. */
const UNFORESEEN = 500;

/** The HTTP status for an error; 500 for one that is in no catalogue. */
export function statusOf(error: unknown): number {
  if (!isPraasError(error)) return UNFORESEEN;
  return (BY_CODE as Readonly<Record<string, number>>)[error.code] ?? BY_KIND[error.kind];
}

/** What the caller is told. Of an unforeseen error that is no more than the request's id, by which the log has it. */
export function problemOf(error: unknown, request_id: string): Problem {
  const status = statusOf(error);
  if (isPraasError(error)) {
    const { code, message, nextSteps: next_steps, facts } = error;
    return { request_id, code: wireCode(code), status, title: titleOf(code), detail: message, next_steps, facts };
  }
  const detail = 'the PAT agent made a mistake; its log says more under this request id';
  return { request_id, code: `${PREFIX}bug`, status, title: 'Bug', detail, next_steps: [], facts: {} };
}

/** What express and its body parser refuse, as an error of the catalogue; everything else as it is. */
export function requestError(error: unknown): unknown {
  if (isPraasError(error) || typeof error !== 'object' || error === null) return error;
  const { status, type, limit, message } = error as Readonly<Record<string, unknown>>;
  if (type === 'entity.too.large') return praasError('BODY_TOO_LARGE', { limit_bytes: Number(limit) }, error);
  if (typeof status !== 'number' || status < 400 || status >= 500) return error;
  return praasError('REQUEST_UNREADABLE', { reason: String(message) }, error);
}

function wireCode(code: string): string {
  return `${PREFIX}${code.toLowerCase().replaceAll('_', '-')}`;
}

function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
