/** The TLS certificate and its key, validated when they are read: a daemon never starts to listen with files that do not work. */

import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errnoText } from '../../core/errors/errno-text.ts';
import { praasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { TlsFiles } from './listener.ts';

/** The keys of praas.conf that name the two files. */
export const TLS_KEYS = ['tls_cert', 'tls_key'] as const;
type TlsPaths = Readonly<Record<(typeof TLS_KEYS)[number], string>>;

/** Gives undefined when neither path is set. Throws TLS_INVALID. */
export async function readTls({ tls_cert, tls_key }: TlsPaths): Promise<TlsFiles | undefined> {
  if (tls_cert === '' && tls_key === '') return undefined;
  if (tls_cert === '' || tls_key === '') {
    const missing = tls_cert === '' ? 'tls_cert' : 'tls_key';
    throw praasError('TLS_INVALID', { path: tls_cert || tls_key, reason: `${missing} is not set` });
  }
  const [cert, key] = await Promise.all([tls_cert, tls_key].map(read));
  if (cert === undefined || key === undefined) throw new Error('two files were read, but there are not two results');
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = messageOf(error);
    throw praasError('TLS_INVALID', { path: `${tls_cert} and ${tls_key}`, reason }, error);
  }
  return { cert, key };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw praasError('TLS_INVALID', { path, reason: errnoText(error) }, error);
  }
}
