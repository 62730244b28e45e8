/** What the executable carries of share/ is tried where it is used: by an installation, which places it. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readShare } from '../../src/system/share.ts';

test('gives a file of share/', () => {
  expect(readShare('praas.conf')).toBe(readFileSync(new URL('../../share/praas.conf', import.meta.url), 'utf8'));
});

test('a file that there is not is an error that names it', () => {
  expect(() => readShare('man/nonsense.8')).toThrow('share/man/nonsense.8');
});
