/** Who tries wrong tokens has to wait, also when they come all at once; who has a right one does not. */
import { expect, test } from '@jest/globals';
import type { Authenticator } from '../../../src/core/identity/authenticator.ts';
import { Gate } from '../../../src/server/http/gate.ts';
import { tenant } from '../../support/requests.ts';

const ALICE = tenant('member', 'blue', 'alice');
const slow = (asked: string[]): Authenticator => ({
  async authenticate(token) {
    asked.push(token);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return token === 'right' ? ALICE : undefined;
  },
});
const codes = async (all: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(all)).map((each) =>
    each.status === 'fulfilled' ? 'in' : (each.reason as { code: string }).code,
  );

test('of three hundred wrong tokens at once no more are tried than may fail', async () => {
  const asked: string[] = [];
  const gate = new Gate(slow(asked), () => undefined);
  const address = '192.0.2.7';
  const answers = await codes(
    Array.from({ length: 300 }, (_, n) => gate.authenticate({ address, token: `wrong-${n}` })),
  );

  // Those under way when the tenth failed are the most that can be above ten.
  expect(asked.length).toBeLessThan(20);
  expect(answers.filter((code) => code === 'TOO_MANY_FAILURES').length).toBeGreaterThan(280);
  expect(await codes([gate.authenticate({ address, token: 'right' })])).toEqual(['TOO_MANY_FAILURES']);
  expect(await codes([gate.authenticate({ address: '192.0.2.8', token: 'right' })])).toEqual(['in']);
});

test('a hundred right ones at once are all let in', async () => {
  const gate = new Gate(slow([]), () => undefined);
  const answers = await codes(
    Array.from({ length: 100 }, () => gate.authenticate({ address: '192.0.2.7', token: 'right' })),
  );

  expect(new Set(answers)).toEqual(new Set(['in']));
});
