// Node's inspector runs any code as root for any local user: no signal and no variable opens it.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../support/daemon.ts';
import { type Running, type Shell, testShell, waitUntil } from '../support/executable.ts';

let shell: Shell;
let daemon: Running;

beforeAll(async () => {
  const env = { PRAAS_PORT_APP: String(await freePort()), NODE_OPTIONS: '--inspect=127.0.0.1:0' };
  shell = testShell({ env });
  daemon = shell.start('serve');
  await waitUntil(() => ports().length > 0);
});
afterAll(async () => {
  daemon.process.kill('SIGTERM');
  await daemon.ended;
  shell.remove();
});

/** The TCP ports on which the daemon listens. */
function ports(): string[] {
  const lines = execFileSync('ss', ['-Hltnp'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(`pid=${daemon.process.pid},`)).map((line) => line.split(/\s+/)[3] ?? '');
}

const STRAY = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGIO',
  'SIGPWR',
  'SIGXCPU',
] as const;
test.each(STRAY)('%s, which tools send in passing, changes nothing', async (signal) => {
  const before = ports();

  daemon.process.kill(signal);
  // Two answers: the signal has been handled by then.
  await shell.ok('pat', 'list');
  await shell.ok('pat', 'list');

  expect({ ports: ports(), count: before.length, exit: daemon.process.exitCode }).toEqual({
    ports: before,
    count: 1,
    exit: null,
  });
});
