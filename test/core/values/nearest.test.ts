import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nearest } from '../../../src/core/values/nearest.ts';
import { KEYS } from '../../support/config.ts';

const KEY_NAMES = KEYS.map(({ fullName }) => fullName);

test('of several words that are near the nearest one is meant, else the first', () => {
  expect(nearest('cat_nep', ['cat_nap', 'cat_nip', 'cat_neap'])).toBe('cat_nap');
  expect(nearest('cat_nepp', ['cat_nap', 'cat_nep'])).toBe('cat_nep');
});

test('a third of the characters may be wrong, no more', () => {
  expect(nearest('bxxkend', ['backend'])).toBe('backend');
  expect(nearest('bxxxend', ['backend'])).toBeUndefined();
  expect(nearest('backend12', ['backend'])).toBe('backend');
  expect(nearest('backend123', ['backend'])).toBeUndefined();
  expect(nearest('', ['backend'])).toBeUndefined();
});

test('capitals and - for _ are no difference', () => {
  expect(nearest('A-B-C-D', ['a_b_c_d'])).toBe('a_b_c_d');
});

test('every key is found again after one slip of the finger', () => {
  const key = fc.constantFrom(...KEY_NAMES);
  fc.assert(
    fc.property(key, fc.nat(), fc.constantFrom('', 'q', 'qq'), (name, place, instead) => {
      const at = place % name.length;
      expect(nearest(name.slice(0, at) + instead + name.slice(at + 1), KEY_NAMES)).toBe(name);
    }),
  );
});
