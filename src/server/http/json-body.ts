/**
 * JSON bodies of requests. They are read first and parsed later, in the turn of the caller, and only what has few values and levels: both
 * are counted in the bytes, because parsing costs far more than reading.
 */
import express, { type Request, type RequestHandler } from 'express';
import { praasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';

const MAX_BYTES = 1024 * 1024;
/** The API has no document of more than a handful. */
const MAX_DEPTH = 32;
/** More than a valid document of MAX_BYTES has. */
const MAX_VALUES = 100_000;
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Reads the body of a request, without parsing it. */
export const readBody: RequestHandler = express.raw({ limit: MAX_BYTES, type: () => true });

/** The parsed body that readBody has read; undefined where there is none. Throws REQUEST_UNREADABLE, BODY_TOO_COMPLEX. */
export function jsonBodyOf(request: Pick<Request, 'body' | 'get'>): unknown {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes)) return undefined;
  const charset = CHARSET.exec(request.get('Content-Type') ?? '')?.[1] ?? 'utf-8';
  // JSON between systems is UTF-8 (RFC 8259, 8.1).
  if (!/^utf-?8$/i.test(charset))
    throw praasError('REQUEST_UNREADABLE', { reason: `its charset is ${charset}, not UTF-8` });
  if (bytes.length === 0) return {};
  requireSimple(bytes);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch (error) {
    throw praasError('REQUEST_UNREADABLE', { reason: messageOf(error) }, error);
  }
}

/** Throws BODY_TOO_COMPLEX. Bytes that are no JSON pass: the parser finds them. */
function requireSimple(bytes: Buffer): void {
  let depth = 0;
  let values = 1;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) index = endOfText(bytes, index);
    else if (byte === COMMA) values += 1;
    else if (OPENING.has(byte)) {
      depth += 1;
      values += 1;
    } else if (CLOSING.has(byte)) depth -= 1;
    if (depth > MAX_DEPTH) throw praasError('BODY_TOO_COMPLEX', { what: 'levels', most: MAX_DEPTH });
    if (values > MAX_VALUES) throw praasError('BODY_TOO_COMPLEX', { what: 'values', most: MAX_VALUES });
  }
}

/** The index of the quote that ends the text which begins at `start`; that of the last byte where none does. */
function endOfText(bytes: Buffer, start: number): number {
  for (let index = start + 1; index < bytes.length; index++) {
    if (bytes[index] === BACKSLASH) index += 1;
    else if (bytes[index] === QUOTE) return index;
  }
  return bytes.length;
}
