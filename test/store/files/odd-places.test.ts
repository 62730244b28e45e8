/** Links, FIFOs and files of others in the place of a file of praas, and directories in which others can put them there. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryName } from '../../../src/store/files/names.ts';
import { readMarks, writeMarks } from '../../../src/store/files/pat/change-marks.ts';
import { EventFiles } from '../../../src/store/files/pat/event-files.ts';
import type { FileStore } from '../../../src/store/files/pat/file-store.ts';
import { freshTokens, type Tokens } from '../../core/identity/support.ts';
import { commitEach, freshDirectory, journalPath, openStore, ROUTER } from './pat/support.ts';

const NOBODY = 65534;
const PRECIOUS = 'precious';
const testAsRoot = process.getuid?.() === 0 ? test : test.skip;

test('the tests of rights run in CI', () => {
  expect(process.getuid?.() === 0 || !process.env['CI']).toBe(true);
});

describe('the events', () => {
  const FILE = '2026-01-02.jsonl';
  let directory: string;
  beforeEach(() => {
    directory = freshDirectory().path;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('a link in the place of a file is refused, and not read', async () => {
    writeFileSync(join(directory, 'target'), PRECIOUS);
    symlinkSync(join(directory, 'target'), join(directory, FILE));

    const refused = { code: 'STORE_UNREADABLE', facts: { reason: 'it is a symbolic link' } };
    await expect(new EventFiles(directory).inOrder()).rejects.toMatchObject(refused);
  });

  test('a FIFO in the place of a file has no events and is not waited for', async () => {
    execFileSync('mkfifo', [join(directory, FILE)]);

    expect(await new EventFiles(directory).inOrder()).toHaveLength(1);
  });
});

test('a link in the place of the temporary file of the last changes is not followed', async () => {
  const directory = freshDirectory().path;
  const target = join(directory, 'target');
  writeFileSync(target, PRECIOUS);
  symlinkSync(target, join(directory, temporaryName('last-changes.json')));
  await writeMarks(directory, new Map([['r', 1]]));
  expect(readFileSync(target, 'utf8')).toBe(PRECIOUS);

  await writeMarks(directory, new Map([['r', 2]]));
  expect(await readMarks(directory)).toEqual(new Map([['r', 2]]));
  rmSync(directory, { recursive: true });
});

describe('the tokens', () => {
  let world: Tokens;
  let directory: string;
  let target: string;

  beforeEach(async () => {
    world = freshTokens();
    await world.tokens.create({ name: 'first', role: 'admin' });
    directory = dirname(world.path);
    target = join(world.directory, 'target');
    writeFileSync(target, PRECIOUS);
  });
  afterEach(() => world.remove());

  const create = (): Promise<unknown> => world.tokens.create({ name: 'second', role: 'admin' });

  test.each([
    ['the lock', (): string => `${world.path}.lock`],
    ['the tokens', (): string => world.path],
  ])('a link in the place of %s is refused, and what it names stays', async (_, pathOf) => {
    rmSync(pathOf(), { force: true });
    symlinkSync(target, pathOf());

    await expect(create()).rejects.toMatchObject({ facts: { path: pathOf(), reason: 'it is a symbolic link' } });
    expect(readFileSync(target, 'utf8')).toBe(PRECIOUS);
  });

  test('a link in the place of the temporary file is not followed', async () => {
    symlinkSync(target, join(directory, `.tokens.json.${process.pid}.tmp`));

    await create();

    expect(readFileSync(target, 'utf8')).toBe(PRECIOUS);
    expect(await world.tokens.list()).toHaveLength(2);
  });

  test('a FIFO in their place is refused and not waited for', async () => {
    rmSync(world.path);
    execFileSync('mkfifo', [world.path]);

    const refused = { code: 'STORE_UNREADABLE', facts: { reason: 'it is not a file' } };
    await expect(world.tokens.list()).rejects.toMatchObject(refused);
    await expect(create()).rejects.toMatchObject(refused);
  });

  testAsRoot('a file of another user gives nobody a token', async () => {
    chownSync(world.path, NOBODY, NOBODY);
    const refused = { code: 'STORE_UNREADABLE', facts: { reason: `it belongs to user ${NOBODY}` } };

    await expect(world.tokens.list()).rejects.toMatchObject(refused);
    await expect(create()).rejects.toMatchObject(refused);
  });

  testAsRoot.each([
    ['every user can write to', () => chmodSync(directory, 0o777), 'every user can write to it'],
    [
      'a group can write to',
      () => {
        chownSync(directory, 0, NOBODY);
        chmodSync(directory, 0o775);
      },
      `group ${NOBODY} can write to it`,
    ],
    ['belongs to another user', () => chownSync(directory, NOBODY, 0), `it belongs to user ${NOBODY}`],
  ])('a directory that %s is refused, until it is put right', async (_, open, reason) => {
    expect(await world.tokens.list()).toHaveLength(1);
    open();
    const refused = { code: 'UNSAFE_DIRECTORY', facts: { path: directory, reason } };

    await expect(world.tokens.list()).rejects.toMatchObject(refused);
    await expect(create()).rejects.toMatchObject(refused);
    expect(readFileSync(world.path, 'utf8')).not.toContain('second');

    chownSync(directory, 0, 0);
    chmodSync(directory, 0o755);
    await create();
    expect(await world.tokens.list()).toHaveLength(2);
  });

  testAsRoot('a directory such as /tmp passes, where nobody can replace a file of root', async () => {
    chmodSync(directory, 0o1777);
    await create();

    expect(await world.tokens.list()).toHaveLength(2);
  });
});

describe('the state', () => {
  let directory: ReturnType<typeof freshDirectory>;
  let store: FileStore;

  beforeEach(() => {
    directory = freshDirectory();
    store = openStore(directory.path);
  });
  afterEach(async () => {
    await store.close();
    directory.remove();
  });

  test('a link in the place of the lock is refused, and what it names stays', async () => {
    const target = join(directory.path, 'target');
    writeFileSync(target, PRECIOUS);
    symlinkSync(target, join(directory.path, 'lock'));

    await expect(commitEach(store, [1])).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(readFileSync(target, 'utf8')).toBe(PRECIOUS);
  });

  test('a link in the place of a journal is not read', async () => {
    await commitEach(store, [1]);
    await store.close();
    const journal = journalPath(directory.path);
    renameSync(journal, `${directory.path}/elsewhere`);
    symlinkSync(`${directory.path}/elsewhere`, journal);

    await expect(store.read(ROUTER)).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
    await expect(commitEach(store, [2])).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
  });

  test('a state directory that every user can write to is refused', async () => {
    chmodSync(directory.path, 0o777);

    await expect(commitEach(store, [1])).rejects.toMatchObject({ code: 'UNSAFE_DIRECTORY' });
    expect(existsSync(join(directory.path, 'lock'))).toBe(false);
    chmodSync(directory.path, 0o700);
    await commitEach(store, [1]);
  });
});
