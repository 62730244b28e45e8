/**
 * One GET over a Unix socket, by node:net: node:http costs a short command a fifth of its time. It understands the answers of
 * our own daemon, and gives nothing for any other: the client that speaks all of HTTP asks again then.
 */
import { connect, type OnReadOpts } from 'node:net';

/** The longest time without any data. */
const SILENCE_MS = 5000;
const CHUNK_BYTES = 64 * 1024;
const MAX_BYTES = 256 * 1024 * 1024;
const HEAD_END = '\r\n\r\n';
const HEAD = ['Host: localhost', 'Accept: application/json', 'User-Agent: praas', 'Connection: close'].join('\r\n');

/**
 * Gives the body of a 200 response, or undefined: no daemon, another answer, or none in time. `onStop` is given what ends the
 * waiting. Never throws.
 */
export function get(socketPath: string, path: string, onStop: (stop: () => void) => void): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const response = new Response();
  // Into a buffer of its own: what Node's readable streams need costs as much as all else here.
  const onread: OnReadOpts = {
    buffer: Buffer.allocUnsafe(CHUNK_BYTES),
    callback: (length, buffer) => {
      const isMissing = response.push(Buffer.from(buffer.subarray(0, length)));
      if (!isMissing) end();
      return isMissing;
    },
  };
  const socket = connect({ path: socketPath, onread });
  const end = (): void => {
    socket.destroy();
    resolve(response.body);
  };
  onStop(end);
  socket.setTimeout(SILENCE_MS, end).on('error', end).on('close', end);
  socket.write(`GET ${path} HTTP/1.1\r\n${HEAD}${HEAD_END}`);
  return promise;
}

/** What has arrived of a response. */
class Response {
  readonly #chunks: Buffer[] = [];
  #missing: number | undefined;
  #bodyLength = 0;

  /** Undefined until it is whole, and for one that is not understood. */
  get body(): string | undefined {
    if (this.#missing !== 0) return undefined;
    const [first, ...others] = this.#chunks;
    const all = first && others.length === 0 ? first : Buffer.concat(this.#chunks);
    return all.toString('utf8', all.length - this.#bodyLength);
  }

  /** False when there is nothing to wait for. */
  push(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    if (this.#missing !== undefined) {
      this.#missing -= chunk.length;
      return this.#missing > 0;
    }
    // The daemon writes the head in one piece.
    const end = chunk.indexOf(HEAD_END);
    if (end === -1) return false;
    this.#bodyLength = lengthOf(chunk.toString('latin1', 0, end)) ?? -1;
    if (this.#bodyLength < 0 || this.#bodyLength > MAX_BYTES) return false;
    this.#missing = this.#bodyLength - (chunk.length - end - HEAD_END.length);
    return this.#missing > 0;
  }
}

/** The length that the head says the body has; undefined for one that is not in bytes, and for any other answer than 200. */
function lengthOf(head: string): number | undefined {
  if (!head.startsWith('HTTP/1.1 200 ') || /\r\n(?:transfer|content)-encoding:/i.test(head)) return undefined;
  const length = /\r\ncontent-length: (\d{1,9})(?:\r\n|$)/i.exec(head)?.[1];
  return length === undefined ? undefined : Number(length);
}
