/** Programs that helpers start do what directly started ones do, and no helper outlives what it is for. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Command, createExec, createStartPiped, type Exec } from '../../src/system/exec.ts';
import { HelperExec } from '../../src/system/helper-exec.ts';
import { waitUntil } from '../support/executable.ts';
import { errorOf } from '../support/fake-node.ts';

const TIMEOUT_MS = 30_000;

let directory: string;
let helpers: HelperExec;
let directCalls: Command[];
let direct: Exec;

const make = (timeoutMs = TIMEOUT_MS, pid = process.pid): HelperExec => {
  const exec = createExec(timeoutMs, process.env);
  direct = (command) => {
    directCalls.push(command);
    return exec(command);
  };
  const startPiped = createStartPiped(process.env);
  return new HelperExec({
    direct,
    startPiped,
    newId: randomUUID,
    timeoutMs,
    directory: join(directory, 'helpers'),
    pid,
  });
};
const OWN = (pid = process.pid): string => join(directory, `helpers-${pid}`);
const running = (pattern: string): string => execFileSync('sh', ['-c', `pgrep -fx '${pattern}' || true`]).toString();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-helpers-'));
  directCalls = [];
  helpers = make();
});
afterEach(async () => {
  await helpers.stop();
  rmSync(directory, { recursive: true });
});

describe('a program', () => {
  test.each<[string, Command]>([
    ['that prints', { file: 'echo', args: ['hello'] }],
    ['that prints nothing', { file: 'true', args: [] }],
    ['that prints without a line break', { file: 'printf', args: ['a'] }],
    ['that fails and says why', { file: 'ls', args: ['/nowhere'] }],
    ['that reads its stdin', { file: 'cat', args: [], input: 'one\ntwo\n' }],
    ['that is to end with us', { file: 'cat', args: [], input: 'x', killOnParentExit: true }],
    ['with words that a shell would act on', { file: 'echo', args: ['$(id) `id` $HOME \'a\' "b" \\ * ; & | > <'] }],
    ['with empty words', { file: 'printf', args: ['[%s]', '', 'x', ''] }],
    ['with 200 KB of output', { file: 'seq', args: ['1', '40000'] }],
    ['with 10 KB on stderr', { file: 'sh', args: ['-c', 'seq 1 2500 >&2; echo done'] }],
  ])('%s gives the same as one that is started directly', async (_, command) => {
    const through = await helpers.exec(command);

    const { exitCode, stdout, stderr } = await direct(command);
    // The shell takes the line breaks at the end.
    expect(through).toEqual({ exitCode, stdout, stderr: stderr.trimEnd() });
    expect(directCalls).toHaveLength(1);
  });

  test('gets every word as it is, whatever is in it', async () => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !/[\n\0]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 4 }), async (words) => {
        const { stdout } = await helpers.exec({ file: 'printf', args: ['%s\\n', ...words] });
        expect(stdout).toBe(words.map((each) => `${each}\n`).join(''));
      }),
      { numRuns: 300 },
    );
    expect(directCalls).toEqual([]);
  });

  test('with a line break in a word is started directly', async () => {
    const { stdout } = await helpers.exec({ file: 'printf', args: ['%s', 'a\nb'] });

    expect(stdout).toBe('a\nb');
    expect(directCalls).toHaveLength(1);
  });

  test('that there is not is TOOL_MISSING', async () => {
    expect((await errorOf(helpers.exec({ file: 'praas-nothing', args: [] }))).code).toBe('TOOL_MISSING');
  });

  test('that is killed is TOOL_FAILED, and the next one runs', async () => {
    const killed = helpers.exec({ file: 'sh', args: ['-c', 'kill -9 $$'] });

    expect((await errorOf(killed)).code).toBe('TOOL_FAILED');
    expect((await helpers.exec({ file: 'echo', args: ['on'] })).stdout).toBe('on\n');
  });

  test('that hangs is killed at its timeout, with all that it started, and blocks no other program', async () => {
    const seconds = `600.${process.pid}`;
    const hung = helpers.exec({ file: 'sh', args: ['-c', `sleep ${seconds} & sleep ${seconds}`], timeoutMs: 500 });
    expect((await helpers.exec({ file: 'echo', args: ['meanwhile'] })).stdout).toBe('meanwhile\n');

    expect(await errorOf(hung)).toMatchObject({ code: 'TOOL_TIMEOUT', facts: { seconds: 0.5 } });

    expect(running(`sleep ${seconds}`)).toBe('');
  });
});

test('many at the same time each get their own answer', async () => {
  const numbers = Array.from({ length: 200 }, (_, number) => String(number));
  const answers = await Promise.all(numbers.map((number) => helpers.exec({ file: 'cat', args: [], input: number })));

  expect(answers.map(({ stdout }) => stdout)).toEqual(numbers);
});

test('inputs are for root alone while they are there, and gone afterwards', async () => {
  const input = 'secret '.repeat(100);
  const { stdout } = await helpers.exec({ file: 'stat', args: ['-L', '-c', '%a', '/dev/stdin'], input });

  expect(stdout).toBe('600\n');
  expect(readdirSync(OWN()).filter((name) => name.startsWith('input'))).toEqual([]);
});

test('after stop no helper is left, what it ran is gone, and programs are started directly', async () => {
  const seconds = `601.${process.pid}`;
  const underWay = errorOf(helpers.exec({ file: 'sleep', args: [seconds] }));
  await helpers.exec({ file: 'true', args: [] });

  await helpers.stop();

  expect((await underWay).code).toBe('TOOL_FAILED');
  expect(running(`sleep ${seconds}`)).toBe('');
  expect(existsSync(OWN())).toBe(false);
  expect((await helpers.exec({ file: 'echo', args: ['direct'] })).stdout).toBe('direct\n');
  expect(directCalls).toHaveLength(1);
});

describe('what helpers need in a directory', () => {
  const ECHO: Command = { file: 'echo', args: ['hello'] };

  test('is of each process its own: one that ends, or never began, takes nothing from another', async () => {
    await helpers.exec(ECHO);
    const other = make(TIMEOUT_MS, process.ppid);
    await other.stop();
    expect(existsSync(OWN())).toBe(true);
    const another = make(TIMEOUT_MS, process.ppid);
    await another.exec(ECHO);
    await another.stop();

    expect(existsSync(OWN(process.ppid))).toBe(false);
    expect(await helpers.exec(ECHO)).toMatchObject({ stdout: 'hello\n' });
  });

  test('is cleared of what a killed process left', async () => {
    const dead = 4_194_305;
    mkdirSync(OWN(dead));
    await helpers.exec(ECHO);

    expect(existsSync(OWN(dead))).toBe(false);
  });

  test('is created again after it was removed', async () => {
    await helpers.exec({ file: 'cat', args: [], input: 'kept' });
    rmSync(OWN(), { recursive: true });

    expect(await helpers.exec({ file: 'cat', args: [], input: 'kept' })).toMatchObject({
      exitCode: 0,
      stdout: 'kept',
    });
    rmSync(OWN(), { recursive: true });
    expect(await helpers.exec({ file: 'cat', args: [], input: 'x'.repeat(1000) })).toMatchObject({ exitCode: 0 });
  });

  test('that cannot be started is an error with the reason, and is tried again', async () => {
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'a file where the directory should be');
    expect(await errorOf(helpers.exec(ECHO))).toMatchObject({ code: 'STORE_FAILED' });

    rmSync(directory);
    mkdirSync(directory);
    expect(await helpers.exec(ECHO)).toMatchObject({ stdout: 'hello\n' });
  });
});

test('a program that reads does not wait for probes, however many there are, nor does a change', async () => {
  const ended: string[] = [];
  const probes = Array.from({ length: 40 }, () =>
    helpers.probes({ file: 'sleep', args: ['0.6'] }).then(() => ended.push('probe')),
  );
  await waitUntil(() => running('sleep 0.6') !== '');
  await helpers.reads({ file: 'true', args: [] }).then(() => ended.push('read'));
  await helpers.exec({ file: 'true', args: [] }).then(() => ended.push('change'));

  expect(ended).toEqual(['read', 'change']);
  await Promise.all(probes);
  expect(ended).toHaveLength(42);
});

test('a program of a change does not wait for programs that read, however many there are', async () => {
  const ended: string[] = [];
  const reads = Array.from({ length: 40 }, () =>
    helpers.reads({ file: 'sleep', args: ['0.5'] }).then(() => ended.push('read')),
  );
  // Until the first ones run.
  await waitUntil(() => running('sleep 0.5') !== '');
  await helpers.exec({ file: 'true', args: [] }).then(() => ended.push('change'));

  expect(ended).toEqual(['change']);
  expect(running('sleep 0.5').trim().split('\n').length).toBeLessThan(24);
  await Promise.all(reads);
  expect(ended).toHaveLength(41);
});
