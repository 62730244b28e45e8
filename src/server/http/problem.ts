/** Errors as responses, in the form of OpenStack. HTTP statuses by kind; an entry of a catalogue may have a more exact one. Nothing internal is disclosed. */
import type { ErrorKind } from '../../core/errors/entry.ts';
import { isPraasError, praasError } from '../../core/errors/errors.ts';
import { wireCode } from '../../core/errors/wire-code.ts';

export interface Problem {
  readonly request_id: string;
  /** `praas.body-too-large` for BODY_TOO_LARGE. */
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

/** For an error that is in no catalogue: a bug. */
const BUG = {
  code: wireCode('BUG'),
  status: 500,
  title: 'Internal error',
  detail: 'internal error',
  next_steps: ['This is a bug in praas: report it with the request ID.'],
  facts: {},
} as const satisfies Omit<Problem, 'request_id'>;

/** The HTTP status of an error; 500 for one that is in no catalogue. */
export function statusOf(error: unknown): number {
  if (!isPraasError(error)) return BUG.status;
  return error.status ?? BY_KIND[error.kind];
}

/** The error for the requester. Of a bug it has only the request ID, under which the log of the daemon has the rest. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (!isPraasError(error)) return { request_id: requestId, ...BUG };
  const { code, message, nextSteps: next_steps, facts } = error;
  const status = statusOf(error);
  return {
    request_id: requestId,
    code: wireCode(code),
    status,
    title: titleOf(code),
    detail: message,
    next_steps,
    facts,
  };
}

/** Errors of express and its body parser as errors of the catalogue; any other error as it is. */
export function requestError(error: unknown): unknown {
  if (isPraasError(error) || typeof error !== 'object' || error === null) return error;
  const { status, type, limit, message } = error as Readonly<Record<string, unknown>>;
  if (type === 'entity.too.large') return praasError('BODY_TOO_LARGE', { limit_bytes: Number(limit) }, error);
  if (typeof status !== 'number' || status < 400 || status >= 500) return error;
  return praasError('REQUEST_UNREADABLE', { reason: String(message) }, error);
}

function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
