/** The file of the tokens: whose it is, who may write when, and what it survives. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { StoredToken } from '../../../src/core/identity/token.ts';
import { StateLock } from '../../../src/store/files/lock.ts';
import { exec, freshTokens, openTokenStore, openTokens, type Tokens } from '../../core/identity/support.ts';

const NOBODY = 65534;
const testAsRoot = process.getuid?.() === 0 ? test : test.skip;

let world: Tokens;
beforeEach(() => {
  world = freshTokens();
  chmodSync(world.directory, 0o755);
});
afterEach(() => world.remove());

const rights = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const file = (): string => readFileSync(world.path, 'utf8');

function stored(name: string): StoredToken {
  const id = crypto.randomUUID();
  const hash = '0'.repeat(64);
  return { id, name, role: 'admin', project_id: null, created_at: '2030-01-31T12:00:00Z', expires_at: null, hash };
}

/** Puts a file there that no praas has written. */
function place(text: string): void {
  mkdirSync(dirname(world.path), { recursive: true });
  writeFileSync(world.path, text);
}

async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

test('the tests of rights run in CI', () => {
  expect(process.getuid?.() === 0 || !process.env['CI']).toBe(true);
});

describe('the file', () => {
  test('is for its owner alone, and so is its lock; the directory made for it is open to all', async () => {
    await world.tokens.create({ name: 'ci', role: 'admin' });

    expect([world.path, `${world.path}.lock`].map(rights)).toEqual(['600', '600']);
    expect(rights(dirname(world.path))).toBe('755');
    expect(readdirSync(dirname(world.path)).toSorted()).toEqual(['tokens.json', 'tokens.json.lock']);
  });

  test('that was open to others is its owner’s alone after the next change', async () => {
    await world.tokens.create({ name: 'a', role: 'admin' });
    chmodSync(world.path, 0o644);

    await world.tokens.create({ name: 'b', role: 'admin' });

    expect(rights(world.path)).toBe('600');
  });

  test('has its version and the tokens in the order in which they were created', async () => {
    for (const name of ['b', 'a']) await world.tokens.create({ name, role: 'admin' });

    const { version, tokens } = JSON.parse(file());
    expect(version).toBe(2);
    expect(tokens.map(({ name }: StoredToken) => name)).toEqual(['b', 'a']);
    expect(Object.keys(tokens[0])).toEqual(Object.keys(stored('x')));
  });

  test('is another one after each change and not the old one written over, so that no reader sees half of it', async () => {
    await world.tokens.create({ name: 'a', role: 'admin' });
    const { ino } = statSync(world.path);
    await world.tokens.create({ name: 'b', role: 'admin' });

    expect(statSync(world.path).ino).not.toBe(ino);
  });

  test('is made with every directory above it', async () => {
    const path = join(world.directory, 'a', 'b', 'c', 'tokens.json');
    await openTokens(path).create({ name: 'ci', role: 'admin' });

    expect(existsSync(path)).toBe(true);
  });

  test('loses what a killed writer left beside it at the next change, and what belongs to others stays', async () => {
    await world.tokens.create({ name: 'a', role: 'admin' });
    const directory = dirname(world.path);
    for (const name of ['.tokens.json.4711.tmp', '.other.json.4711.tmp', 'praas.conf']) {
      writeFileSync(join(directory, name), '');
    }

    await world.tokens.create({ name: 'b', role: 'admin' });

    expect(readdirSync(directory).toSorted()).toEqual([
      '.other.json.4711.tmp',
      'praas.conf',
      'tokens.json',
      'tokens.json.lock',
    ]);
  });
});

describe('writers', () => {
  test('8 stores that make 5 tokens each at once lose none', async () => {
    const stores = Array.from({ length: 8 }, () => openTokens(world.path));
    const made = stores.flatMap((store, index) =>
      [1, 2, 3, 4, 5].map((number) => store.create({ name: `${index}-${number}`, role: 'reader' })),
    );
    const names = (await Promise.all(made)).map(({ name }) => name);

    expect(names).toHaveLength(40);
    expect((await world.tokens.list()).map(({ name }) => name)).toEqual(names.toSorted());
  });

  test('of several that want one name at once exactly one gets it', async () => {
    const tries = Array.from({ length: 4 }, () => openTokens(world.path).create({ name: 'ci', role: 'reader' }));
    const results = await Promise.allSettled(tries);

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'TOKEN_EXISTS' });
    }
  });

  test('wait for the holder of the lock, bounded, and the error names it; readers do not wait', async () => {
    await world.tokens.create({ name: 'a', role: 'admin' });
    const holder = { path: `${world.path}.lock`, exec, clock: world.clock, timeoutSeconds: 0 };
    const lock = new StateLock({ ...holder, command: 'praas token create' });
    const store = openTokenStore(world.path, { lockTimeoutSeconds: 0 });
    const empty = (): Promise<void> => store.update(() => ({ tokens: [], value: undefined }));

    await lock.acquire();
    await expect(empty()).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      facts: { holder: expect.stringContaining('`praas token create`') },
    });
    expect(await world.tokens.list()).toHaveLength(1);
    await lock.release();

    await empty();
    expect(await world.tokens.list()).toEqual([]);
  });
});

describe('a file that is damaged', () => {
  const token = stored('ci');
  const versioned = (tokens: unknown): string => JSON.stringify({ version: 1, tokens });

  test.each([
    ['', 'it is not JSON'],
    ['{"version":1,"tokens":[', 'it is not JSON'],
    ['[]', 'it must be of type object'],
    ['{}', 'version must be 2'],
    [JSON.stringify({ version: 1 }), 'tokens must be of type array'],
    [versioned([{ ...token, hash: 'x' }]), 'tokens.0.hash must be a SHA-256 in hexadecimal'],
    [versioned([{ ...token, role: 'member' }]), 'tokens.0.project_id must be a project ID for role member'],
    [versioned([{ ...token, token: 'x' }]), 'tokens.0 must be without token'],
    [versioned([token, { ...stored('other'), id: token.id }]), 'tokens must be different in ID and name'],
    [versioned([token, stored('ci')]), 'tokens must be different in ID and name'],
  ])('(%j) is refused with the reason by readers and writers, and stays as it is', async (text, reason) => {
    place(text);
    const matcher = typeof reason === 'string' ? reason : expect.stringMatching(reason);
    const damage = { code: 'TOKENS_DAMAGED', facts: { path: world.path, reason: matcher } };

    await expect(world.tokens.list()).rejects.toMatchObject(damage);
    await expect(world.tokens.create({ name: 'new', role: 'admin' })).rejects.toMatchObject(damage);
    await expect(world.tokens.revoke(['ci'])).rejects.toMatchObject(damage);
    expect(file()).toBe(text);
  });

  test('does not keep the lock', async () => {
    place('');
    await expect(world.tokens.create({ name: 'a', role: 'admin' })).rejects.toMatchObject({ code: 'TOKENS_DAMAGED' });

    place(versioned([]));
    const other = openTokenStore(world.path, { lockTimeoutSeconds: 0 });
    expect(await other.update((tokens) => ({ tokens, value: tokens.length }))).toBe(0);
  });

  test('is another thing than one that a newer praas has written', async () => {
    const text = JSON.stringify({ version: 3, tokens: [], keys: [] });
    place(text);

    const newer = { code: 'STORE_TOO_NEW', facts: { path: world.path, version: 3, known: 2 } };
    await expect(world.tokens.list()).rejects.toMatchObject(newer);
    await expect(world.tokens.create({ name: 'a', role: 'admin' })).rejects.toMatchObject(newer);
    expect(file()).toBe(text);
  });
});

describe('a change', () => {
  test('that throws changes nothing and lets the next one in', async () => {
    await world.tokens.create({ name: 'a', role: 'admin' });
    const before = file();
    const store = openTokenStore(world.path, { lockTimeoutSeconds: 0 });
    const broken = store.update(() => {
      throw new Error('no');
    });

    await expect(broken).rejects.toThrow('no');
    expect(file()).toBe(before);
    expect(await store.update((tokens) => ({ tokens, value: tokens.length }))).toBe(1);
  });

  test('to what could not be read again is refused, and the file stays', async () => {
    await world.tokens.create({ name: 'a', role: 'admin' });
    const before = file();
    const twins = openTokenStore(world.path).update(() => ({ tokens: [stored('x'), stored('x')], value: undefined }));

    await expect(twins).rejects.toThrow('different in ID and name');
    expect(file()).toBe(before);
  });

  testAsRoot('by who may not write there is said as such, and so is a look by who may not read', async () => {
    await world.tokens.create({ name: 'a', role: 'admin' });
    const needsRoot = (what: string): object => ({
      code: 'NOT_PERMITTED',
      facts: { what: `${what} ${world.path}` },
    });

    await expect(asNobody(() => world.tokens.list())).rejects.toMatchObject(needsRoot('reading'));
    await expect(asNobody(() => world.tokens.create({ name: 'b', role: 'admin' }))).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
      facts: { what: expect.stringMatching(/^writing /) },
    });
  });

  testAsRoot('on a full disk is refused and leaves the old tokens and nothing else', async () => {
    mkdirSync(dirname(world.path));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'praas-test', dirname(world.path)]);
    try {
      await world.tokens.create({ name: 'a', role: 'admin' });
      const before = file();
      const crowd = Array.from({ length: 200 }, (_, index) => stored(`t${index}`));

      const refused = openTokenStore(world.path).update(() => ({ tokens: crowd, value: undefined }));

      await expect(refused).rejects.toMatchObject({ code: 'STORE_FULL', facts: { path: world.path } });
      expect(file()).toBe(before);
      expect(readdirSync(dirname(world.path)).toSorted()).toEqual(['tokens.json', 'tokens.json.lock']);
    } finally {
      execFileSync('umount', [dirname(world.path)]);
    }
  });
});
