import { expect, test } from '@jest/globals';
import * as z from 'zod';
import { A_KNOWN_FIELD } from '../../../src/core/errors/base-errors.ts';
import { parseInput } from '../../../src/core/values/input.ts';
import { errorOf } from '../../support/fake-node.ts';

const Door = z.strictObject({
  open: z.boolean('true or false'),
  locks: z.array(z.string()),
  mode: z.enum(['in', 'out']),
});
const Order = z.strictObject({
  door: Door,
  action: z.discriminatedUnion('kind', [z.object({ kind: z.literal('ring') }), z.object({ kind: z.literal('knock') })]),
});
const DOOR = { open: true, locks: [], mode: 'in' };
const ACTION = { kind: 'ring' };

test.each<[unknown, string, string, string]>([
  [null, 'input', 'null', 'an object'],
  [{ action: ACTION }, 'door', 'missing', 'an object'],
  [{ door: null, action: ACTION }, 'door', 'null', 'an object'],
  [{ door: { ...DOOR, open: 1 }, action: ACTION }, 'door.open', '1', 'true or false'],
  [{ door: { ...DOOR, locks: 'x' }, action: ACTION }, 'door.locks', '"x"', 'a list'],
  [{ door: { ...DOOR, locks: [1] }, action: ACTION }, 'door.locks.0', '1', 'text'],
  [{ door: { ...DOOR, mode: 'up' }, action: ACTION }, 'door.mode', '"up"', 'in, out'],
  [{ door: { ...DOOR, colour: 'red' }, action: ACTION }, 'door', '"colour"', A_KNOWN_FIELD],
  [{ door: DOOR, action: { kind: 'kick' } }, 'action.kind', '"kick"', 'ring, knock'],
])(
  '%j: the field, what was found and what is allowed, in no words of the parser',
  async (input, field, found, allowed) => {
    expect((await errorOf(() => parseInput(Order, input))).facts).toEqual({ field, found, allowed });
  },
);

test('a value that is no object has the name that it is given', async () => {
  const { facts } = await errorOf(() => parseInput(z.string('text').min(1, 'an ID'), '', 'project_id'));

  expect(facts).toEqual({ field: 'project_id', found: '""', allowed: 'an ID' });
});
