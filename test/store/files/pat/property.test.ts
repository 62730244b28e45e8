/** Whatever is written, taken back, folded and reopened in whatever order: the store holds what a plain model holds. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Delta, emptyRecord, type RouterRecord, withDelta } from '../../../../src/pat/mapping/record.ts';
import { comparable, freshDirectory, idOf, journalPath, mapping, openStore, ROUTER, snapshotPath } from './support.ts';

interface Step {
  readonly kind: 'commit' | 'stage';
  readonly delta: Delta;
}

interface Round {
  readonly steps: readonly Step[];
  /** After so many steps everything before is rolled back; more than there are: never. */
  readonly rollbackAfter: number;
  readonly reopen: boolean;
  /** Before the round an operator copies the files, or puts the last copy in their place, beside the open store. */
  readonly operator: 'nothing' | 'copies' | 'restores';
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
  operator: fc.constantFrom('nothing', 'nothing', 'copies', 'restores'),
});

/** Undefined where there is no file yet: that is nothing to restore. */
function copyFiles(directory: string, model: RouterRecord): RouterRecord | undefined {
  if (!existsSync(journalPath(directory))) return undefined;
  rmSync(copyPath(directory), { recursive: true, force: true });
  cpSync(dirname(journalPath(directory)), copyPath(directory), { recursive: true });
  return model;
}

function restoreFiles(directory: string, model: RouterRecord): RouterRecord {
  const routers = dirname(journalPath(directory));
  rmSync(routers, { recursive: true });
  cpSync(copyPath(directory), routers, { recursive: true });
  return model;
}

const copyPath = (directory: string): string => join(directory, 'copy');

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

test('random deltas, rollbacks, folds, reopenings and restored copies leave what the same deltas leave in a plain map', async () => {
  let folded = 0;
  let restored = 0;
  const property = fc.asyncProperty(fc.array(ROUND, { minLength: 1, maxLength: 8 }), async (rounds) => {
    const directory = freshDirectory();
    let store = openStore(directory.path);
    let model = emptyRecord(ROUTER);
    try {
      let copy: RouterRecord | undefined;
      for (const round of rounds) {
        if (round.operator === 'copies') copy = copyFiles(directory.path, model);
        if (round.operator === 'restores' && copy) model = restoreFiles(directory.path, copy);
        if (round.operator === 'restores' && copy) restored++;
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
  expect(restored).toBeGreaterThan(0);
});
