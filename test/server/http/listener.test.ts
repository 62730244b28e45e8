/** The Unix socket takes the place of a socket only. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Listener } from '../../../src/server/http/listener.ts';

let directory: string;
let path: string;
let listeners: Listener[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-socket-'));
  path = join(directory, 'praas.sock');
  listeners = [];
});
afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.close(0)));
  rmSync(directory, { recursive: true });
});

async function open(): Promise<void> {
  const listener = new Listener(
    { kind: 'socket', path },
    (_, response) => response.end(),
    () => undefined,
  );
  await listener.open();
  listeners.push(listener);
}

test('the socket is for its owner alone', async () => {
  await open();

  expect(lstatSync(path).isSocket()).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a socket that a killed daemon left is replaced, one that somebody listens on is not', async () => {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  expect(() => execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' })).toThrow();
  expect(lstatSync(path).isSocket()).toBe(true);

  await open();

  await expect(open()).rejects.toMatchObject({ code: 'LISTEN_FAILED', facts: { where: path } });
  expect(listeners).toHaveLength(1);
});

const precious = (): string => join(directory, 'precious.yaml');

test.each([
  ['a file', () => writeFileSync(path, 'precious')],
  ['a link to a file', () => symlinkSync(precious(), path)],
  ['a link to nothing', () => symlinkSync(join(directory, 'nothing'), path)],
  ['a FIFO', () => execFileSync('mkfifo', [path])],
  ['a directory', () => mkdirSync(path)],
])('%s in its place stays, and is said', async (_, place) => {
  writeFileSync(precious(), 'precious');
  place();
  const before = lstatSync(path);

  const refused = { code: 'LISTEN_FAILED', facts: { where: path, reason: 'it exists and is not a socket' } };
  await expect(open()).rejects.toMatchObject(refused);

  expect(lstatSync(path)).toMatchObject({ ino: before.ino, mode: before.mode });
  expect(readFileSync(precious(), 'utf8')).toBe('precious');
});
