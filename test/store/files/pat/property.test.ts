/** Whatever is written, taken back, folded and reopened in whatever order: the store holds what a plain model holds. */
import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Delta, emptyRecord, type RouterRecord, withDelta } from '../../../../src/pat/mapping/record.ts';
import { comparable, freshDirectory, idOf, mapping, openStore, ROUTER, snapshotPath } from './support.ts';

interface Step {
  readonly kind: 'commit' | 'stage';
  readonly delta: Delta;
}

interface Round {
  readonly steps: readonly Step[];
  /** After so many steps everything before is rolled back; more than there are: never. */
  readonly rollbackAfter: number;
  readonly reopen: boolean;
}

const NUMBER = fc.nat({ max: 11 });
/** A handful of these make a journal that has to be folded. */
const LONG = fc.constantFrom(0, 0, 0, 20_000);
const DELTA: fc.Arbitrary<Delta> = fc.record(
  {
    put: fc
      .uniqueArray(fc.tuple(NUMBER, LONG, fc.string({ maxLength: 5 })), { maxLength: 4, selector: ([n]) => n })
      .map((puts) => puts.map(([n, padding, text]) => mapping(n, { status_reason: text + '.'.repeat(padding) }))),
    remove: fc.array(NUMBER.map(idOf), { maxLength: 3 }),
    next_port: fc.nat({ max: 65535 }),
    pending: fc.array(
      fc.record({
        protocol: fc.constantFrom('tcp', 'udp'),
        gateway_ip: fc.ipV4(),
        router_port: fc.nat({ max: 65534 }).map((n) => n + 1),
      }),
      { maxLength: 2 },
    ),
    gateways: fc.array(fc.ipV4(), { maxLength: 2 }),
    adopting: fc.array(fc.string(), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const STEP: fc.Arbitrary<Step> = fc.record({ kind: fc.constantFrom('commit', 'stage'), delta: DELTA });
const ROUND: fc.Arbitrary<Round> = fc.record({
  steps: fc.array(STEP, { maxLength: 5 }),
  rollbackAfter: fc.nat({ max: 9 }),
  reopen: fc.boolean(),
});

/** Does the round on both, gives the model's record after it. */
async function play(round: Round, store: ReturnType<typeof openStore>, begin: RouterRecord): Promise<RouterRecord> {
  return store.transaction(ROUTER, async (transaction) => {
    let model = begin;
    for (const [index, { kind, delta }] of round.steps.entries()) {
      await transaction[kind](delta);
      model = withDelta(model, delta);
      if (index === round.rollbackAfter) {
        await transaction.rollback();
        model = begin;
      }
      expect(comparable(transaction.record)).toEqual(comparable(model));
    }
    return model;
  });
}

test('random deltas, rollbacks, folds and reopenings leave what the same deltas leave in a plain map', async () => {
  let folded = 0;
  const property = fc.asyncProperty(fc.array(ROUND, { minLength: 1, maxLength: 8 }), async (rounds) => {
    const directory = freshDirectory();
    let store = openStore(directory.path);
    let model = emptyRecord(ROUTER);
    try {
      for (const round of rounds) {
        model = await play(round, store, model);
        expect(comparable(await store.read(ROUTER))).toEqual(comparable(model));
        expect(comparable(await openStore(directory.path).read(ROUTER))).toEqual(comparable(model));
        if (!round.reopen) continue;
        await store.close();
        store = openStore(directory.path);
      }
      if (existsSync(snapshotPath(directory.path))) folded++;
    } finally {
      await store.close();
      directory.remove();
    }
  });
  await fc.assert(property, { numRuns: 60 });
  expect(folded).toBeGreaterThan(0);
});
