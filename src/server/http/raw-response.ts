/**
 * The response to a connection on which Node finds no valid HTTP request. There is no request that the app could handle, so
 * the response is written by hand: the usual form of an error, with a request ID. Then the connection ends.
 */
import type { Duplex } from 'node:stream';
import { praasError } from '../../core/errors/errors.ts';
import { type Problem, problemOf } from './problem.ts';

const STATUS: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Payload Too Large'],
};

/** The error of Node's event clientError. */
interface ClientError extends NodeJS.ErrnoException {
  /** The bytes that could not be parsed. */
  readonly rawPacket?: Buffer;
}

const LINGER_MS = 1000;
const HEAD = 'HEAD ';
const BAD_REQUEST = [400, 'Bad Request'] as const;

/**
 * Responds and closes. While another response is being sent on the connection (`isResponding`), it is only closed: the
 * client would take this response for the rest of the other one.
 */
export function sendRawError(error: ClientError, socket: Duplex, requestId: string, isResponding: boolean): void {
  // The bytes after the first fault are a fault again.
  if (socket.writableEnded) return;
  if (error.code === 'ECONNRESET' || !socket.writable || isResponding) {
    socket.destroy();
    return;
  }
  const [status, phrase] = STATUS[error.code ?? ''] ?? BAD_REQUEST;
  const reason = `${phrase.toLowerCase()} (${error.code ?? 'unreadable'})`;
  const problem: Problem = { ...problemOf(praasError('REQUEST_UNREADABLE', { reason }), requestId), status };
  const body = JSON.stringify({ errors: [problem] });
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Openstack-Request-Id: ${requestId}`,
  ];
  // The response to HEAD never has a body.
  const isHead = error.rawPacket?.toString('latin1', 0, HEAD.length).toUpperCase() === HEAD;
  socket.end(`${head.join('\r\n')}\r\n\r\n${isHead ? '' : body}`);
  // Bytes that still arrive are read and dropped: closing with unread bytes makes the kernel reset the connection, and the
  // client loses the response.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
