// The log file, which other processes rotate: moved, deleted, truncated, with and without a word to us.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FileLog } from '../../src/system/log.ts';
import { LogFile } from '../../src/system/log-file.ts';

let directory: string;
let path: string;
let log: FileLog;
let complaints: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-log-'));
  path = join(directory, 'log', 'x.log');
  complaints = [];
  log = new FileLog(join(directory, 'log'), 'x', (message) => complaints.push(message));
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The messages in a file. */
function messages(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => (JSON.parse(line) as { message: string }).message);
}

/** Logs lines `first` to `last`, and waits for the last one to be in the file, or to be refused. */
async function write(first: number, last: number): Promise<void> {
  for (let number = first; number <= last; number++) log.info(`line ${number}`);
  const isWritten = (): boolean => existsSync(path) && readFileSync(path, 'utf8').includes(`"line ${last}"`);
  while (!isWritten() && complaints.length === 0) await setTimeout(5);
}

/** Logs a line that cannot be written. */
async function refuse(number: number): Promise<void> {
  log.info(`line ${number}`);
  while (complaints.length === 0) await setTimeout(5);
}

const numbers = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `line ${first + index}`);

describe('a log file', () => {
  test('that was moved goes on under its name, and no line is lost', async () => {
    await write(1, 100);
    renameSync(path, `${path}.1`);
    await write(101, 200);
    await log.close();

    expect([messages(`${path}.1`), messages(path)]).toEqual([numbers(1, 100), numbers(101, 200)]);
    expect(complaints).toEqual([]);
  });

  test('that was moved while lines are on their way to it gets them all, in one file or the other', async () => {
    await write(1, 1);
    for (let round = 0; round < 5; round++) {
      renameSync(path, `${path}.${round}`);
      for (let number = round * 100 + 2; number <= (round + 1) * 100 + 1; number++) log.info(`line ${number}`);
      while (!existsSync(path)) await setTimeout(1);
      await setTimeout(round);
    }
    await write(502, 600);
    await log.close();

    const all = [0, 1, 2, 3, 4].map((round) => `${path}.${round}`).concat(path);
    expect(all.flatMap(messages).toSorted()).toEqual(numbers(1, 600).toSorted());
  });

  test('that was deleted is made again by the next line', async () => {
    await write(1, 10);
    rmSync(path);
    await write(11, 20);

    expect(messages(path)).toEqual(numbers(11, 20));
  });

  test('whose directory was deleted is made again', async () => {
    await write(1, 10);
    rmSync(join(directory, 'log'), { recursive: true });
    await write(11, 20);

    expect(messages(path)).toEqual(numbers(11, 20));
  });

  test('that was replaced is the new one, with the mode that it has', async () => {
    await write(1, 10);
    renameSync(path, `${path}.1`);
    writeFileSync(path, '', { mode: 0o600 });
    await write(11, 20);

    expect([messages(path), statSync(path).mode & 0o777]).toEqual([numbers(11, 20), 0o600]);
  });

  test('that was truncated begins at its beginning', async () => {
    await write(1, 10);
    truncateSync(path);
    await write(11, 20);

    expect(messages(path)).toEqual(numbers(11, 20));
  });

  test('that is rotated for its size keeps all lines', async () => {
    const file = new LogFile(join(directory, 'log'), 'x', (error) => complaints.push(String(error)));
    const text = 'x'.repeat(1024 * 1024);
    for (let number = 1; number <= 24; number++) {
      file.write(`${JSON.stringify({ message: `line ${number}`, text })}\n`);
      if (number % 5 === 0) file.reopen();
    }
    file.end();
    await once(file, 'finish');

    const files = [path, join(directory, 'log', 'x1.log'), join(directory, 'log', 'x2.log')].filter(existsSync);
    expect(files.toReversed().flatMap(messages)).toEqual(numbers(1, 24));
    expect(files.length).toBeGreaterThan(1);
  });

  test('that is opened again by a signal keeps its lines', async () => {
    await write(1, 10);
    log.reopen();
    log.reopen();
    await write(11, 20);
    await log.close();

    expect(messages(path)).toEqual(numbers(1, 20));
  });

  test('has its mode whatever the umask', async () => {
    const umask = process.umask(0o077);
    try {
      await write(1, 1);
      rmSync(path);
      await write(2, 2);
    } finally {
      process.umask(umask);
    }

    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test.each(['x', 'x1'])('that is a link is refused, and what it leads to stays as it is (%s.log)', async (name) => {
    await write(1, 1);
    const target = join(directory, 'target');
    writeFileSync(target, 'of somebody else', { mode: 0o604 });
    rmSync(join(directory, 'log', `${name}.log`), { force: true });
    symlinkSync(target, join(directory, 'log', `${name}.log`));
    if (name === 'x1') truncateSync(path, 10 * 1024 * 1024);
    await write(2, 3);
    await log.close();

    expect([readFileSync(target, 'utf8'), statSync(target).mode & 0o777]).toEqual(['of somebody else', 0o604]);
    expect(complaints).toHaveLength(name === 'x' ? 1 : 0);
  });

  test('that is a dangling link makes no file where it leads', async () => {
    await write(1, 1);
    rmSync(path);
    symlinkSync(join(directory, 'elsewhere'), path);
    await refuse(2);

    expect([existsSync(join(directory, 'elsewhere')), complaints.length]).toEqual([false, 1]);
  });

  test.each(['nobody', 'a reader'])(
    'that is a FIFO with %s at its other end is refused, and a file again',
    async (end) => {
      await write(1, 1);
      rmSync(path);
      execFileSync('mkfifo', [path]);
      const reader = end === 'nobody' ? undefined : openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      await refuse(2);
      const read = reader === undefined ? 0 : readSync(reader, Buffer.alloc(1));
      if (reader !== undefined) closeSync(reader);
      rmSync(path);
      expect([complaints.splice(0).length, read]).toEqual([1, 0]);
      await write(3, 3);

      expect(messages(path)).toEqual(['line 3']);
    },
  );

  test('that cannot be made is reported, and made when it can be', async () => {
    writeFileSync(join(directory, 'log'), 'a file');
    await write(1, 1);
    rmSync(join(directory, 'log'));
    log.reopen();
    expect(complaints.splice(0)).toHaveLength(1);
    await write(2, 2);

    expect(messages(path)).toEqual(['line 2']);
  });
});
