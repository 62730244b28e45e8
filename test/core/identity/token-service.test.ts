/** What operators do with tokens. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freshTokens, NOW, type Tokens } from './support.ts';

let world: Tokens;
beforeEach(() => {
  world = freshTokens();
});
afterEach(() => world.remove());

const file = (): string => readFileSync(world.path, 'utf8');

describe('create', () => {
  test('gives the token with everything that is known of it', async () => {
    const created = await world.tokens.create({ name: 'shop', role: 'member', project_id: 'p1' });

    expect(created).toEqual({
      token: expect.stringMatching(/^praas_[A-Za-z0-9_-]{43}$/),
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'shop',
      role: 'member',
      project_id: 'p1',
      created_at: NOW,
      expires_at: null,
    });
  });

  test('leaves the text of the token in no file, and not even a part of it', async () => {
    const { token } = await world.tokens.create({ name: 'ci', role: 'admin' });
    const secret = token.slice('praas_'.length);

    expect(file()).toContain('"ci"');
    expect(file()).not.toContain(secret.slice(0, 8));
    expect(file()).not.toContain(Buffer.from(secret, 'base64url').toString('hex').slice(0, 8));
  });

  test.each(['admin', 'reader'] as const)('makes a token of role %s for all projects, or for one', async (role) => {
    expect(await world.tokens.create({ name: 'all', role })).toMatchObject({ role, project_id: null });
    expect(await world.tokens.create({ name: 'one', role, project_id: 'p' })).toMatchObject({ role, project_id: 'p' });
  });

  test('of a name that there is already is refused, and changes nothing', async () => {
    const { token } = await world.tokens.create({ name: 'ci', role: 'reader' });
    const before = file();

    const again = world.tokens.create({ name: 'ci', role: 'admin' });

    await expect(again).rejects.toMatchObject({ code: 'TOKEN_EXISTS', facts: { name: 'ci' } });
    expect(file()).toBe(before);
    expect(await world.authenticator.authenticate(token)).toMatchObject({ role: 'reader' });
  });

  test.each([
    [{ name: '', role: 'admin' }, 'name', '""', 'a name of 1 to 64 printable characters'],
    [
      { name: 'x'.repeat(65), role: 'admin' },
      'name',
      JSON.stringify('x'.repeat(65)),
      'a name of 1 to 64 printable characters',
    ],
    [{ name: 'a\tb', role: 'admin' }, 'name', '"a\\tb"', 'text without control characters'],
    [{ name: 'ci', role: 'member' }, 'project_id', 'missing', 'a project ID for role member'],
    [{ name: 'ci', role: 'member', project_id: null }, 'project_id', 'null', 'a project ID for role member'],
    [{ name: 'ci', role: 'admin', project_id: '' }, 'project_id', '""', 'a project ID'],
  ] as const)('of %j is refused, says why, and writes nothing', async (input, field, found, allowed) => {
    const refused = world.tokens.create(input);

    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT', facts: { field, found, allowed } });
    expect(() => file()).toThrow('ENOENT');
  });
});

describe('list', () => {
  test('is empty, and makes no file, before the first token', async () => {
    expect(await world.tokens.list()).toEqual([]);
    expect(() => file()).toThrow('ENOENT');
  });

  test('gives all tokens by name, those that have ended too, without secret and hash', async () => {
    const created = [];
    for (const name of ['b', 'c', 'a']) {
      created.push(await world.tokens.create({ name, role: 'reader', expires_at: '2030-01-31T12:00:01Z' }));
    }
    world.clock.advance(60);

    const listed = await world.tokens.list();

    expect(listed.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(Object.keys(listed[0] ?? {})).toEqual(['id', 'name', 'role', 'project_id', 'created_at', 'expires_at']);
    const text = JSON.stringify(listed);
    for (const { token } of created) expect(text).not.toContain(token);
    expect(text).not.toMatch(/[0-9a-f]{64}/);
  });
});

describe('revoke', () => {
  test('takes names and IDs, the same token twice too, and leaves the others', async () => {
    const made = [];
    for (const name of ['a', 'b', 'c']) made.push(await world.tokens.create({ name, role: 'admin' }));
    const [a, b, c] = made;

    const revoked = await world.tokens.revoke(['b', a?.id ?? '', 'a']);

    expect(revoked.map(({ name }) => name)).toEqual(['b', 'a']);
    expect(JSON.stringify(revoked)).not.toMatch(/[0-9a-f]{64}/);
    expect((await world.tokens.list()).map(({ name }) => name)).toEqual(['c']);
    expect(await world.authenticator.authenticate(c?.token ?? '')).toMatchObject({ name: 'c' });
    expect(await world.authenticator.authenticate(b?.token ?? '')).toBeUndefined();
  });

  test('of something that there is not revokes nothing', async () => {
    await world.tokens.create({ name: 'a', role: 'admin' });
    const before = file();

    const refused = world.tokens.revoke(['a', 'b']);

    await expect(refused).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND', facts: { token: 'b' } });
    expect(file()).toBe(before);
  });

  test('of an ID is not taken for the token that is named like it', async () => {
    const { id } = await world.tokens.create({ name: 'real', role: 'admin' });
    await world.tokens.create({ name: id, role: 'reader' });

    expect((await world.tokens.revoke([id])).map(({ name }) => name)).toEqual(['real']);
  });

  test('makes the name free again', async () => {
    const first = await world.tokens.create({ name: 'ci', role: 'admin' });
    await world.tokens.revoke(['ci']);
    const second = await world.tokens.create({ name: 'ci', role: 'reader' });

    expect(await world.authenticator.authenticate(first.token)).toBeUndefined();
    expect(await world.authenticator.authenticate(second.token)).toMatchObject({ role: 'reader' });
  });
});
