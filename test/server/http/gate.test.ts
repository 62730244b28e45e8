/** The limit of wrong tokens per address, also for tokens that arrive at the same time. */
import { expect, test } from '@jest/globals';
import { praasError } from '../../../src/core/errors/errors.ts';
import type { Authenticator } from '../../../src/core/identity/authenticator.ts';
import { Gate } from '../../../src/server/http/gate.ts';
import { tenant } from '../../support/requests.ts';

const settings = () => ({ failed_authentications_per_minute: 10 });
const ALICE = tenant('member', 'blue', 'alice');
const slow = (checked: string[]): Authenticator => ({
  async authenticate(token) {
    checked.push(token);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return token === 'valid' ? ALICE : undefined;
  },
});
const codes = async (all: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(all)).map((each) =>
    each.status === 'fulfilled' ? 'passed' : (each.reason as { code: string }).code,
  );

test('of three hundred wrong tokens at once no more are checked than may fail', async () => {
  const checked: string[] = [];
  const gate = new Gate(slow(checked), settings, () => undefined);
  const address = '192.0.2.7';
  const results = await codes(
    Array.from({ length: 300 }, (_, n) => gate.authenticate({ address, token: `wrong-${n}` })),
  );

  // Only tokens that are being checked when the tenth one fails can exceed ten.
  expect(checked.length).toBeLessThan(20);
  expect(results.filter((code) => code === 'TOO_MANY_FAILURES').length).toBeGreaterThan(280);
  expect(await codes([gate.authenticate({ address, token: 'valid' })])).toEqual(['TOO_MANY_FAILURES']);
  expect(await codes([gate.authenticate({ address: '192.0.2.8', token: 'valid' })])).toEqual(['passed']);
});

test('a hundred valid tokens at once all pass', async () => {
  const gate = new Gate(slow([]), settings, () => undefined);
  const results = await codes(
    Array.from({ length: 100 }, () => gate.authenticate({ address: '192.0.2.7', token: 'valid' })),
  );

  expect(new Set(results)).toEqual(new Set(['passed']));
});

test('a valid token of a scope without access is no wrong token, however often it is sent', async () => {
  const failures: string[] = [];
  const refused: Authenticator = {
    async authenticate(token) {
      if (token === 'domain') throw praasError('WRONG_SCOPE', { who: 'dom of domain Default', scope: 'a domain' });
      return token === 'valid' ? ALICE : undefined;
    },
  };
  const gate = new Gate(refused, settings, (address) => failures.push(address));
  const sent = (token: string, times: number) =>
    codes(Array.from({ length: times }, () => gate.authenticate({ address: '192.0.2.7', token })));

  expect(new Set(await sent('domain', 30))).toEqual(new Set(['WRONG_SCOPE']));
  expect(await sent('valid', 1)).toEqual(['passed']);
  expect(failures).toEqual([]);
});

test('a token of this node neither waits behind other tokens nor is locked out by them, and a wrong one counts', async () => {
  const own = 'praas_good';
  const answers: (() => void)[] = [];
  const keystone: Authenticator = {
    async authenticate(token) {
      if (token.startsWith('praas_')) return token === own ? ALICE : undefined;
      await new Promise<void>((resolve) => answers.push(resolve));
      return undefined;
    },
  };
  const gate = new Gate(keystone, settings, () => undefined);
  const address = '192.0.2.7';
  const junk = Array.from({ length: 30 }, (_, n) => gate.authenticate({ address, token: `wrong-${n}` }));
  const refused = codes(junk);

  expect(await codes([gate.authenticate({ address, token: own })])).toEqual(['passed']);
  while (answers.length > 0) {
    for (const answer of answers.splice(0)) answer();
    await new Promise(setImmediate);
  }
  expect(await refused).toContain('TOO_MANY_FAILURES');
  expect(await codes([gate.authenticate({ address, token: own })])).toEqual(['passed']);
  expect(await codes([gate.authenticate({ address, token: 'praas_wrong' })])).toEqual(['TOO_MANY_FAILURES']);
});

test('the setting is in force at once, and -1 is no limit', async () => {
  let most = 3;
  const gate = new Gate(
    slow([]),
    () => ({ failed_authentications_per_minute: most }),
    () => undefined,
  );
  const wrong = async (): Promise<string> => {
    const [code = ''] = await codes([gate.authenticate({ address: '192.0.2.7', token: 'wrong' })]);
    return code;
  };
  for (let n = 0; n < 3; n++) expect(await wrong()).toBe('UNAUTHENTICATED');
  expect(await wrong()).toBe('TOO_MANY_FAILURES');

  most = 4;
  expect(await wrong()).toBe('UNAUTHENTICATED');
  expect(await wrong()).toBe('TOO_MANY_FAILURES');

  most = -1;
  for (let n = 0; n < 30; n++) expect(await wrong()).toBe('UNAUTHENTICATED');
});
