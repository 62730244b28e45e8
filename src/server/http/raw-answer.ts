/**
 * What is said to a connection that does not speak HTTP as it should, before there is any request to answer: the same form
 * of error as everywhere, with a request id, and then the end.
 */
import type { Duplex } from 'node:stream';
import { praasError } from '../../core/errors/errors.ts';
import { type Problem, problemOf } from './problem.ts';

const STATUS: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Payload Too Large'],
};
/** What Node tells of such a connection. */
export interface ClientError extends NodeJS.ErrnoException {
  /** The bytes in which the fault was. */
  readonly rawPacket?: Buffer;
}

const LINGER_MS = 1000;
const HEAD = 'HEAD ';
const BAD_REQUEST = [400, 'Bad Request'] as const;

/**
 * Answers and closes. `request_id` is what the log calls it. A connection that is being answered is only closed: the caller
 * would take ours for the rest of that answer.
 */
export function answerRaw(error: ClientError, socket: Duplex, request_id: string, isAnswering: boolean): void {
  // What comes behind the fault is a fault again.
  if (socket.writableEnded) return;
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const [status, words] = STATUS[error.code ?? ''] ?? BAD_REQUEST;
  const reason = `${words.toLowerCase()} (${error.code ?? 'unreadable'})`;
  const problem: Problem = { ...problemOf(praasError('REQUEST_UNREADABLE', { reason }), request_id), status };
  const body = JSON.stringify({ errors: [problem] });
  const head = [
    `HTTP/1.1 ${status} ${words}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Openstack-Request-Id: ${request_id}`,
  ];
  // Whoever asked with HEAD takes no body, not even of an error.
  const isHead = error.rawPacket?.toString('latin1', 0, HEAD.length).toUpperCase() === HEAD;
  socket.end(`${head.join('\r\n')}\r\n\r\n${isHead ? '' : body}`);
  // What the caller still sends is read and dropped: closing on it would make the kernel reset the connection, and take the
  // answer away from them.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
