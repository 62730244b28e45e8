/** What a token is: its text, its hash, and what may be kept of it. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { hashToken, StoredToken, tokenText, withoutHash } from '../../../src/core/identity/token.ts';
import { newSecret } from '../../../src/system/clock.ts';

const stored: StoredToken = {
  id: '00000000-0000-4000-8000-000000000001',
  name: 'ci',
  role: 'admin',
  project_id: null,
  created_at: '2030-01-31T12:00:00Z',
  expires_at: null,
  hash: '0'.repeat(64),
};

test('a token is its prefix and 32 bytes in 43 characters that every header and shell takes as they are', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
  const text = tokenText(secret);

  expect(text).toMatch(/^praas_[A-Za-z0-9_-]{43}$/);
  expect(new Uint8Array(Buffer.from(text.slice('praas_'.length), 'base64url'))).toEqual(secret);
});

test('each secret of this machine is 32 bytes and another one', () => {
  const secrets = Array.from({ length: 100 }, newSecret);

  expect(new Set(secrets.map((secret) => secret.length))).toEqual(new Set([32]));
  expect(new Set(secrets.map(tokenText)).size).toBe(100);
});

test('the hash is the SHA-256 of the whole text', async () => {
  for (const text of ['', 'praas_x', 'ü'.repeat(100)]) {
    expect(await hashToken(text)).toBe(createHash('sha256').update(text).digest('hex'));
  }
});

test('what is shown of a token is everything but its hash', () => {
  expect(Object.keys(withoutHash(stored))).toEqual(Object.keys(stored).filter((field) => field !== 'hash'));
});

describe('what is kept of a token', () => {
  test.each<Partial<StoredToken>>([
    {},
    { role: 'reader' },
    { role: 'reader', project_id: 'p' },
    { role: 'member', project_id: 'p' },
    { name: 'x'.repeat(64) },
    { expires_at: '2030-02-01T00:00:00Z' },
  ])('may be %j', (changes) => {
    expect(StoredToken.safeParse({ ...stored, ...changes }).success).toBe(true);
  });

  test.each([
    { role: 'member' },
    { role: 'root' },
    { project_id: '' },
    { name: '' },
    { name: 'x'.repeat(65) },
    { name: 'a\u001b[2J' },
    { name: 'a\nb' },
    { hash: 'praas_x' },
    { expires_at: 'never' },
    { token: 'praas_x' },
    { id: 'ci' },
  ])('may not be %j', (changes) => {
    expect(StoredToken.safeParse({ ...stored, ...changes }).success).toBe(false);
  });
});
