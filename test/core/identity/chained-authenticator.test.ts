/** Which of two authenticators a token is shown to. */
import { expect, test } from '@jest/globals';
import type { Authenticator } from '../../../src/core/identity/authenticator.ts';
import { ChainedAuthenticator } from '../../../src/core/identity/chained-authenticator.ts';
import { Requester } from '../../../src/core/identity/requester.ts';
import { tokenText } from '../../../src/core/identity/token.ts';
import { praasError } from '../../../src/pat/errors.ts';

const OWN = tokenText(new Uint8Array(32));
const OTHER = 'gAAAAABtenant';
const AWAY = praasError('CLOUD_UNAVAILABLE', { service: 'identity', reason: 'nothing listens there' });

class Listener implements Authenticator {
  readonly asked: string[] = [];
  readonly #answer: Requester | Error | undefined;

  constructor(answer: Requester | Error | undefined) {
    this.#answer = answer;
  }

  async authenticate(token: string): Promise<Requester | undefined> {
    this.asked.push(token);
    if (this.#answer instanceof Error) throw this.#answer;
    return this.#answer;
  }
}

const operator = new Requester({ name: 'operator', role: 'admin', projectId: null });
const tenant = new Requester({ name: 'tenant', role: 'member', projectId: 'blue' });

test('a token of the node is shown to the node, any other to the others', async () => {
  const [own, others] = [new Listener(operator), new Listener(tenant)];
  const chained = new ChainedAuthenticator(own, others);

  expect(await chained.authenticate(OWN)).toBe(operator);
  expect(await chained.authenticate(OTHER)).toBe(tenant);
  expect([own.asked, others.asked]).toEqual([[OWN], [OTHER]]);
});

test('an invalid token of the node is not sent to the other authenticator', async () => {
  const others = new Listener(tenant);
  expect(await new ChainedAuthenticator(new Listener(undefined), others).authenticate(OWN)).toBeUndefined();
  expect(others.asked).toEqual([]);
});

test('the operator of the node comes in while the others cannot be asked', async () => {
  const chained = new ChainedAuthenticator(new Listener(operator), new Listener(AWAY));

  expect(await chained.authenticate(OWN)).toBe(operator);
  await expect(chained.authenticate(OTHER)).rejects.toBe(AWAY);
});
