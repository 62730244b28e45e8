// What a listener with TLS agrees to, before and after its certificate is renewed, and which keys it takes.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Listener, type TlsFiles } from '../../../src/server/http/listener.ts';
import { readTls } from '../../../src/server/http/tls.ts';
import { type Certificate, certificate } from '../../pat/client/support.ts';

let directory: string;
let made: Certificate;
let key: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-tls-'));
  made = certificate('localhost', directory);
  key = join(dirname(made.path), 'key.pem');
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The version and the cipher that both sides agree on, or the code of the failure. */
function agreed(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
      socket.destroy();
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'failed'));
  });
}

describe('a listener with TLS', () => {
  const OLD: ConnectionOptions = { maxVersion: 'TLSv1.2' };
  const cases: readonly (readonly [string, ConnectionOptions, RegExp])[] = [
    ['speaks TLS 1.3', {}, /^TLSv1\.3 /],
    ['speaks TLS 1.2 with forward secrecy', OLD, /^TLSv1\.2 ECDHE-/],
    ['refuses a cipher without forward secrecy', { ...OLD, ciphers: 'AES256-SHA:AES256-GCM-SHA384:@SECLEVEL=0' }, /^E/],
    ['refuses CBC', { ...OLD, ciphers: 'ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0' }, /^E/],
    ['refuses TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }, /^E/],
  ];

  test.each(cases)('%s, also after a renewal', async (_what, options, expected) => {
    const tls: TlsFiles = { cert: readFileSync(made.path), key: readFileSync(key) };
    const listener = new Listener(
      { kind: 'tcp', host: '127.0.0.1', port: 0, tls },
      (_request, response) => response.end(),
      (_error, socket) => socket.destroy(),
    );
    await listener.open();
    try {
      const port = Number(new URL(listener.where).port);
      expect(await agreed(port, options)).toMatch(expected);
      listener.renewTls(tls);
      expect(await agreed(port, options)).toMatch(expected);
    } finally {
      await listener.close(0);
    }
  });
});

describe('a key', () => {
  const read = (path: string): Promise<unknown> => readTls({ tls_cert: made.path, tls_key: path });

  test.each([0o600, 0o400, 0o640, 0o440])('of mode %o is taken', async (mode) => {
    chmodSync(key, mode);

    expect(await read(key)).toMatchObject({ key: expect.any(Buffer) });
  });

  test.each(['tls_cert', 'tls_key'] as const)(
    'that is a FIFO in the place of %s is refused and not waited for',
    async (which) => {
      const fifo = join(directory, `fifo-${which}`);
      execFileSync('mkfifo', ['-m', '600', fifo]);
      chmodSync(key, 0o600);
      const refused = readTls({ tls_cert: made.path, tls_key: key, [which]: fifo });

      await expect(refused).rejects.toMatchObject({ code: 'TLS_INVALID', facts: { path: fifo } });
    },
  );

  test.each([0o644, 0o604, 0o602, 0o660, 0o620, 0o601])('of mode %o is refused, also behind a link', async (mode) => {
    chmodSync(key, mode);
    const link = join(directory, `link-${mode}`);
    symlinkSync(key, link);

    for (const path of [key, link]) {
      const facts = { path, mode: `0${mode.toString(8)}` };
      await expect(read(path)).rejects.toMatchObject({ code: 'TLS_INVALID', facts });
    }
  });
});
