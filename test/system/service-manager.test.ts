import { expect, test } from '@jest/globals';
import type { Command, ExecResult } from '../../src/system/exec.ts';
import { ServiceManager } from '../../src/system/service-manager.ts';
import { FakeTimers } from '../support/fake-timers.ts';

const FINE: ExecResult = { exitCode: 0, stdout: '', stderr: '' };

function manager(env: NodeJS.ProcessEnv, answer: () => Promise<ExecResult> = async () => FINE) {
  const said: Command[] = [];
  const complaints: string[] = [];
  const timers = new FakeTimers('2030-01-01T00:00:00Z');
  const exec = (command: Command): Promise<ExecResult> => {
    said.push(command);
    return answer();
  };
  const complain = (sentence: string): void => void complaints.push(sentence);
  return { said, complaints, timers, manager: new ServiceManager({ exec, env, timers, complain }) };
}

const SYSTEMD = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '60000000' };

test('without systemd nothing is started', async () => {
  const { manager: quiet, said, timers } = manager({});
  await quiet.ready('fine');
  await quiet.stopping();
  expect(said).toEqual([]);
  expect(timers.count).toBe(0);
});

test('reports when it is ready, reloads and stops; a status has one line', async () => {
  const { manager: told, said } = manager({ NOTIFY_SOCKET: '/run/systemd/notify' });
  await told.ready('two\nlines');
  await told.reloading();
  await told.stopping();
  expect(said.map(({ file, args }) => [file, ...args])).toEqual([
    ['systemd-notify', 'READY=1', 'STATUS=two lines'],
    ['systemd-notify', 'RELOADING=1'],
    ['systemd-notify', 'STOPPING=1', 'STATUS=stopping'],
  ]);
});

test('feeds the watchdog at half of its time, until it stops', async () => {
  const { manager: fed, said, timers } = manager(SYSTEMD);
  await fed.ready('fine');
  await fed.ready('fine again');
  said.length = 0;
  await timers.pass(29_999);
  expect(said).toEqual([]);
  await timers.pass(1);
  await timers.pass(30_000);
  expect(said.map(({ args }) => args)).toEqual([['WATCHDOG=1'], ['WATCHDOG=1']]);
  await fed.stopping();
  said.length = 0;
  await timers.pass(60_000);
  expect(said).toEqual([]);
});

test.each<[string, () => Promise<ExecResult>]>([
  ['fails', async () => ({ exitCode: 1, stdout: '', stderr: 'no such socket\n' })],
  ['is missing', () => Promise.reject(new Error('systemd-notify is not installed'))],
])('when systemd-notify %s that is said once, and nothing else happens', async (_, answer) => {
  const { manager: unheard, complaints } = manager(SYSTEMD, answer);
  await unheard.ready('fine');
  await unheard.stopping();
  expect(complaints).toEqual([expect.stringMatching(/systemd.*: (no such socket|systemd-notify is not installed)$/)]);
});
