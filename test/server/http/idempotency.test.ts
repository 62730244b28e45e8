/** What a key keeps, for whom, and for how long. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, expect, test } from '@jest/globals';
import type { Requester } from '../../../src/core/identity/requester.ts';
import type { EndpointResponse } from '../../../src/server/http/endpoint.ts';
import { IdempotencyKeys } from '../../../src/server/http/idempotency.ts';
import { errorOf } from '../../support/fake-node.ts';
import { tenant } from '../../support/requests.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const DAY_MS = 24 * 3600 * 1000;
const BLUE = tenant('member', 'blue', 'alice');
const RED = tenant('member', 'red', 'bob');

let nowMs: number;
let keys: IdempotencyKeys;
/** What was done, in its order. */
let done: string[];

beforeEach(() => {
  nowMs = 0;
  done = [];
  keys = new IdempotencyKeys({ elapsedMs: () => nowMs });
});

function run(key: string, requester: Requester = BLUE, inputs: readonly unknown[] = ['a']): Promise<EndpointResponse> {
  const work = (what: string) => async (): Promise<EndpointResponse> => {
    done.push(what);
    return { status: 201, body: what };
  };
  return keys.run({ requester, key, inputs }, { create: work('create'), again: work('again'), exist: () => false });
}

test('a repetition creates nothing; the response is made anew', async () => {
  await run('k');
  await run('k');

  expect(done).toEqual(['create', 'again']);
});

test('a repetition while the first request runs shares its response', async () => {
  const [first, second] = [run('k'), run('k')];

  expect(await first).toBe(await second);
  expect(done).toEqual(['create']);
});

test('the key with another request is refused; with that of another requester it is another key', async () => {
  await run('k');

  expect((await errorOf(async () => run('k', BLUE, ['b']))).code).toBe('IDEMPOTENCY_KEY_REUSED');
  await run('k', RED, ['b']);
  expect(done).toEqual(['create', 'create']);
});

test('a failure is not kept', async () => {
  const failing = {
    create: () => Promise.reject(new Error('no')),
    again: async () => ({ status: 201 }),
    exist: () => false,
  };
  await expect(keys.run({ requester: BLUE, key: 'k', inputs: ['a'] }, failing)).rejects.toThrow('no');
  await run('k');

  expect(done).toEqual(['create']);
});

test('a key is forgotten after a day', async () => {
  await run('k');
  nowMs = DAY_MS - 1;
  await run('k');
  nowMs = DAY_MS;
  await run('k');

  expect(done).toEqual(['create', 'again', 'create']);
});

test('a caller loses its own oldest key when it has a thousand, and never one of another caller', async () => {
  await run('k', RED);
  await run('first');
  for (let n = 0; n < 999; n++) await run(`k-${n}`);
  done = [];
  await run('first');
  expect(done).toEqual(['again']);

  await run('one more');
  done = [];
  await run('first');
  await run('k', RED);
  expect(done).toEqual(['create', 'again']);
});

test('when there are too many in all, the caller with most loses its oldest', async () => {
  await run('k', RED);
  for (let n = 0; n < 100; n++) {
    const requester = tenant('member', `project-${n}`);
    for (let m = 0; m < 1000; m++) await run(`k-${m}`, requester, []);
  }
  done = [];
  await run('k', RED);
  await run('k-999', tenant('member', 'project-99'), []);
  await run('k-0', tenant('member', 'project-0'), []);

  expect(done).toEqual(['again', 'again', 'create']);
});

test('what is kept of a request does not grow with the request', async () => {
  const inputs = [{ text: 'x'.repeat(1_000_000) }];
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 200; n++) {
    const body = structuredClone(inputs);
    await keys.run(
      { requester: BLUE, key: `${n}`.padStart(255, 'k'), inputs: body },
      { create: async () => ({ status: 201, body }), again: async () => ({ status: 201 }), exist: () => false },
    );
  }
  gc();

  // Two hundred bodies of a megabyte would be two hundred megabytes.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
});
