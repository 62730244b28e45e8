/** Whose token it is, while the file changes under a daemon that is never told. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type StoredToken, tokenText } from '../../../src/core/identity/token.ts';
import { TokenAuthenticator } from '../../../src/core/identity/token-authenticator.ts';
import { freshTokens, openTokenStore, openTokens, type Tokens } from './support.ts';

let world: Tokens;
beforeEach(() => {
  world = freshTokens();
});
afterEach(() => world.remove());

const whose = (token: string): Promise<unknown> => world.authenticator.authenticate(token);

test('a token is valid from its creation to its revocation', async () => {
  await world.tokens.create({ name: 'other', role: 'admin' });
  const secret = new Uint8Array(32).fill(7);
  const token = tokenText(secret);
  expect(await whose(token)).toBeUndefined();

  const operator = openTokens(world.path, { newSecret: () => secret });
  expect((await operator.create({ name: 'shop', role: 'member', project_id: 'p1' })).token).toBe(token);
  expect(await whose(token)).toMatchObject({ name: 'shop', role: 'member', projectId: 'p1' });

  await operator.revoke(['shop']);
  expect(await whose(token)).toBeUndefined();
});

test('each of many changes is seen by the very next call', async () => {
  for (let round = 0; round < 10; round++) {
    const { token } = await world.tokens.create({ name: 'ci', role: 'admin' });
    expect(await whose(token)).toMatchObject({ name: 'ci' });
    await world.tokens.revoke(['ci']);
    expect(await whose(token)).toBeUndefined();
  }
});

test('a token ends at its second, and not before', async () => {
  const { token } = await world.tokens.create({ name: 'ci', role: 'admin', expires_at: '2030-01-31T12:01:00Z' });
  world.clock.advance(59.999);
  expect(await whose(token)).toMatchObject({ name: 'ci' });

  world.clock.advance(0.001);
  expect(await whose(token)).toBeUndefined();
});

test('only the exact text is a token', async () => {
  const { token, id, name } = await world.tokens.create({ name: 'ci', role: 'admin' });
  const { hash = '' } = JSON.parse(readFileSync(world.path, 'utf8')).tokens[0];
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  const wrong = ['', token.slice(0, -1), `${token}=`, ` ${token}`, token.slice('praas_'.length), hash, id, name];

  expect(await Promise.all(wrong.map(whose))).toEqual(wrong.map(() => undefined));
  expect(await whose(token)).toMatchObject({ name: 'ci', role: 'admin' });
});

test('without a file no token is valid, also after the file is removed', async () => {
  expect(await whose('praas_x')).toBeUndefined();
  const { token } = await world.tokens.create({ name: 'ci', role: 'admin' });
  expect(await whose(token)).toMatchObject({ name: 'ci', role: 'admin' });

  rmSync(world.path);
  expect(await whose(token)).toBeUndefined();
});

test('with a damaged file each call throws, until the file is repaired', async () => {
  const { token } = await world.tokens.create({ name: 'ci', role: 'admin' });
  expect(await whose(token)).toMatchObject({ name: 'ci', role: 'admin' });
  const good = readFileSync(world.path);

  writeFileSync(world.path, good.subarray(0, -20));
  const damage = { code: 'TOKENS_DAMAGED', facts: { path: world.path, reason: 'it is not JSON' } };
  await expect(whose(token)).rejects.toMatchObject(damage);
  await expect(whose(token)).rejects.toMatchObject(damage);

  const mended = `${world.path}.good`;
  writeFileSync(mended, good);
  renameSync(mended, world.path);
  expect(await whose(token)).toMatchObject({ name: 'ci' });
});

test('the file is read once for each change of it, and looked at for each call', async () => {
  const { token } = await world.tokens.create({ name: 'ci', role: 'admin' });
  const store = openTokenStore(world.path);
  const counts = { looks: 0, reads: 0 };
  const counted = {
    fingerprint() {
      counts.looks += 1;
      return store.fingerprint();
    },
    read() {
      counts.reads += 1;
      return store.read();
    },
  };
  const authenticator = new TokenAuthenticator(counted, world.clock);

  for (let call = 0; call < 5; call++)
    expect(await authenticator.authenticate(token)).toMatchObject({ name: 'ci', role: 'admin' });
  expect(counts).toEqual({ looks: 5, reads: 1 });
  await world.tokens.revoke(['ci']);
  for (let call = 0; call < 5; call++) expect(await authenticator.authenticate(token)).toBeUndefined();
  expect(counts).toEqual({ looks: 10, reads: 2 });
});

test('a token that is revoked while an older file is read is invalid at the next call', async () => {
  const { token } = await world.tokens.create({ name: 'ci', role: 'admin' });
  const store = openTokenStore(world.path);
  const reading = Promise.withResolvers<readonly StoredToken[]>();
  let isFirst = true;
  const slow = {
    fingerprint: () => store.fingerprint(),
    read() {
      if (!isFirst) return store.read();
      isFirst = false;
      return reading.promise;
    },
  };
  const authenticator = new TokenAuthenticator(slow, world.clock);
  const old = await store.read();
  const early = authenticator.authenticate(token);
  await world.tokens.revoke(['ci']);
  expect(await authenticator.authenticate(token)).toBeUndefined();

  reading.resolve(old);

  await early;
  expect(await authenticator.authenticate(token)).toBeUndefined();
});
