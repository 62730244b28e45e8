// `su` keeps the caller's PATH: what is first in it must not run as root.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Shell, testShell } from '../support/executable.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const PROGRAMS = [
  'nsenter',
  'ip',
  'sh',
  'setpriv',
  'ss',
  'conntrack',
  'iptables-save',
  'iptables-restore',
  'nft',
  'python3',
];

let world: TestWorld;
let shell: Shell;
let bin: string;
let marker: string;

beforeEach(async () => {
  world = await testWorld({ router: 'plain' });
  shell = testShell();
  bin = join(shell.directory, 'bin');
  marker = join(shell.directory, 'ran');
  mkdirSync(bin);
  for (const name of PROGRAMS) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho ${name} >>${marker}\nexit 1\n`);
    chmodSync(join(bin, name), 0o755);
  }
});
afterEach(async () => {
  shell.remove();
  await world.remove();
});

const create = (): string[] => ['pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '22'];

test('programs of the caller are not run', async () => {
  const hostile = shell.with({ env: { PATH: `${bin}:${process.env['PATH']}` } });
  const { id } = await hostile.json(...create());
  for (const words of [['pat', 'delete', id], ['router', 'list'], ['doctor']]) await hostile.run(...words);

  expect(existsSync(marker)).toBe(false);
  expect((await shell.run('pat', 'show', id)).code).toBe(1);
});

test('those of programs_path are, so the test above can fail', async () => {
  const named = shell.with({ env: { PRAAS_PROGRAMS_PATH: `${bin}:/usr/sbin:/usr/bin` } });

  expect((await named.run(...create())).code).toBe(1);
  expect(existsSync(marker)).toBe(true);
});
