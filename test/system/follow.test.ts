import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createFollow, type Following } from '../../src/system/follow.ts';

const follow = createFollow(process.env);
const shell = (script: string) => ({ file: 'sh', args: ['-c', script] });
/** Prints its number in the process table and goes on. */
const GOES_ON = shell('echo $$; exec sleep 600');

/** Starts it and resolves with its first line. */
async function begun(start: (onLine: (line: string) => void) => Following): Promise<[Following, string]> {
  const first = Promise.withResolvers<string>();
  const following = start(first.resolve);
  return [following, await first.promise];
}

/** A zombie does not count as running. */
function isRunning(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('each whole line is heard as it comes, and then how it ended', async () => {
  const lines: string[] = [];
  const { ended } = follow(shell('echo one; echo; echo "two words"; echo aside >&2; printf "not whole"'), (line) =>
    lines.push(line),
  );

  expect(await ended).toBeUndefined();
  expect(lines).toEqual(['one', '', 'two words']);
});

test('a line is heard while the program goes on, and stopping leaves no process behind', async () => {
  const [following, pid] = await begun((onLine) => follow(GOES_ON, onLine));
  expect(isRunning(pid)).toBe(true);

  await following.stop();

  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(await following.ended).toBeUndefined();
  await following.stop();
});

test('one that is stopped before it has begun never begins', async () => {
  const lines: string[] = [];
  const following = follow(shell('echo begun; exec sleep 600'), (line) => lines.push(line));
  await following.stop();
  expect(lines).toEqual([]);
});

test('after it is stopped no line comes, also none that was printed before', async () => {
  const lines: string[] = [];
  const following: Following = follow({ file: 'yes', args: [] }, (line) => {
    lines.push(line);
    void following.stop();
  });
  await following.ended;
  expect(lines).toEqual(['y']);
});

test('a program that fails is reported with its last line of stderr, a killed one with the signal', async () => {
  const failing = follow(shell('echo first >&2; echo "no such thing" >&2; exit 3'), () => undefined);
  expect(await failing.ended).toMatchObject({ code: 'TOOL_FAILED', facts: { exit_code: 3, output: 'no such thing' } });

  const [following, pid] = await begun((onLine) => follow(GOES_ON, onLine));
  process.kill(Number(pid), 'SIGTERM');
  expect(await following.ended).toMatchObject({ code: 'TOOL_FAILED', facts: { output: 'ended by SIGTERM' } });
});

test('a program that is missing is TOOL_MISSING, and nothing is thrown', async () => {
  const { ended } = follow({ file: 'praas-no-such-program', args: [] }, () => undefined);
  expect(await ended).toMatchObject({ code: 'TOOL_MISSING', facts: { tool: 'praas-no-such-program' } });
});

test('it ends when praas is interrupted, with the reason', async () => {
  const controller = new AbortController();
  const bound = createFollow(process.env, controller.signal);
  const [following, pid] = await begun((onLine) => bound(GOES_ON, onLine));

  controller.abort(new Error('the end'));

  expect(await following.ended).toMatchObject({ message: 'the end' });
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(await bound(GOES_ON, () => undefined).ended).toMatchObject({ message: 'the end' });
});

test('it does not outlive a follower that is killed', async () => {
  const url = new URL('../../src/system/follow.ts', import.meta.url).href;
  const script = `
    const { createFollow } = await import('${url}');
    createFollow(process.env)(${JSON.stringify(GOES_ON)}, (line) => console.log(line));`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  expect(isRunning(pid)).toBe(true);

  parent.kill('SIGKILL');

  while (isRunning(pid)) await sleep(5);
});
