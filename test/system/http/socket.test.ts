// Whether this node has a daemon: only a clear no is a no.
import { once } from 'node:events';
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isListening } from '../../../src/system/http/socket.ts';
import { newDirectory } from '../../pat/client/support.ts';

let directory: string;
beforeEach(() => {
  directory = newDirectory();
});
afterEach(() => rmSync(directory, { recursive: true }));

test('true where a process accepts connections', async () => {
  const path = join(directory, 'praas.sock');
  const server = createServer().listen(path);
  await once(server, 'listening');

  expect(await isListening(path, 'praas pat list')).toBe(true);
  server.close();
});

test('false where there is nothing, something else, what a killed daemon left, or a path that no socket can have', async () => {
  const left = join(directory, 'left.sock');
  const server = createServer().listen(left);
  await once(server, 'listening');
  // Closing would remove it: what is left is a link to a socket without a process.
  linkSync(left, join(directory, 'stale.sock'));
  await new Promise((resolve) => server.close(resolve));
  writeFileSync(join(directory, 'file'), '');
  mkdirSync(join(directory, 'directory'));

  for (const name of ['none.sock', 'stale.sock', 'file', 'directory', 'file/below', `${'long/'.repeat(40)}x.sock`]) {
    expect([name, await isListening(join(directory, name), 'praas pat list')]).toEqual([name, false]);
  }
});
