/** The TLS certificate and its key, validated when they are read: a daemon never starts to listen with files that do not work. */

import type { FileHandle } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errnoText } from '../../core/errors/errno-text.ts';
import { isPraasError, praasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import { openRegularFile } from '../../system/regular-file.ts';
import type { TlsFiles } from './listener.ts';

/** The keys of praas.conf that name the two files. */
export const TLS_KEYS = ['tls_cert', 'tls_key'] as const;
/** Whoever else can read the key can be this node; a group such as ssl-cert may read it. */
const EXPOSED = 0o027;
type TlsPaths = Readonly<Record<(typeof TLS_KEYS)[number], string>>;

/** Gives undefined when neither path is set. Throws TLS_INVALID. */
export async function readTls({ tls_cert, tls_key }: TlsPaths): Promise<TlsFiles | undefined> {
  if (tls_cert === '' && tls_key === '') return undefined;
  if (tls_cert === '' || tls_key === '') {
    const missing = tls_cert === '' ? 'tls_cert' : 'tls_key';
    throw praasError('TLS_INVALID', { path: tls_cert || tls_key, reason: `${missing} is not set` });
  }
  const cert = await read(tls_cert, (file) => file.readFile());
  const key = await read(tls_key, (file) => readKey(tls_key, file));
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = messageOf(error);
    throw praasError('TLS_INVALID', { path: `${tls_cert} and ${tls_key}`, reason }, error);
  }
  return { cert, key };
}

async function readKey(path: string, file: FileHandle): Promise<Buffer> {
  const { mode } = await file.stat();
  if ((mode & EXPOSED) !== 0) {
    const octal = (mode & 0o7777).toString(8).padStart(4, '0');
    throw praasError('TLS_INVALID', {
      path,
      reason: 'gives other users access to the private key',
      mode: octal,
    });
  }
  return file.readFile();
}

async function read(path: string, content: (file: FileHandle) => Promise<Buffer>): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await openRegularFile(path);
    return await content(file);
  } catch (error) {
    if (isPraasError(error)) throw error;
    throw praasError('TLS_INVALID', { path, reason: errnoText(error) }, error);
  } finally {
    await file?.close();
  }
}
