import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutDetails } from '../../src/system/log-details.ts';

test('long text is cut and says how long it was; the reason of a failure has more room', () => {
  const text = 'A'.repeat(15_000);

  expect(cutDetails({ path: text, error: text, status: 404 })).toEqual({
    path: `${'A'.repeat(256)}… (15000 characters)`,
    error: `${'A'.repeat(4096)}… (15000 characters)`,
    status: 404,
  });
});

test('long lists are cut, also inside of objects', () => {
  const cidrs = Array.from({ length: 256 }, (_, n) => `192.0.2.${n}`);
  const { mapping } = cutDetails({ mapping: { allowed_cidrs: cidrs } }) as { mapping: { allowed_cidrs: string[] } };

  expect(mapping.allowed_cidrs).toEqual([...cidrs.slice(0, 20), '… (256 items)']);
});

test('what is short stays as it is, and no line is long whatever is in it', () => {
  const short = { router_id: 'edge', put: ['a', 'b'], drift: { missing: [], at: null }, ok: true };
  expect(cutDetails(short)).toEqual(short);

  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue(), { maxKeys: 3 }), (details) => {
      expect(() => JSON.stringify(cutDetails(details))).not.toThrow();
    }),
  );
});
