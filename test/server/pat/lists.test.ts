/** Lists in requests: what is too long is refused for its length alone. */
import { expect, test } from '@jest/globals';
import * as z from 'zod';
import { parseInput } from '../../../src/core/values/input.ts';
import { listOf } from '../../../src/server/pat/schemas.ts';
import { errorOf } from '../../support/fake-node.ts';

let lookedAt = 0;
const Item = z.unknown().refine(() => {
  lookedAt += 1;
  return false;
}, 'an item');
const Items = listOf(Item, 'item', 3);

test.each([
  ['too long', [1, 2, 3, 4], 0, 'a list of at most 3 items'],
  ['as long as may be', [1, 2, 3], 3, 'an item'],
  ['empty', [], 0, 'a list of at least one item'],
  ['none', 'text', 0, 'a list of items'],
])('a list that is %s', async (_, list, expected, allowed) => {
  lookedAt = 0;
  expect(await errorOf(() => parseInput(Items, list))).toMatchObject({ code: 'INVALID_INPUT', facts: { allowed } });
  expect(lookedAt).toBe(expected);
});
