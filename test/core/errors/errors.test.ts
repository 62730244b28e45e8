/** The catalogue of errors: what holds of every entry. Their texts are in test/golden/texts. */
import { describe, expect, test } from '@jest/globals';
import type { ErrorKind } from '../../../src/core/errors/entry.ts';
import { isPraasError, PraasError, praasError } from '../../../src/core/errors/errors.ts';
import { CATALOGUES, CODES, FACTS, OTHER_FACTS, sampleOf } from '../../support/error-facts.ts';

const KINDS: readonly ErrorKind[] = [
  'Usage',
  'Invalid',
  'Unauthenticated',
  'Forbidden',
  'NotFound',
  'Conflict',
  'Unavailable',
  'External',
];

const samples = CODES.flatMap((code) => {
  const other = OTHER_FACTS[code];
  return [[code, FACTS[code]] as const, ...(other ? [[code, other] as const] : [])];
});

describe('every code', () => {
  test.each(samples)('%s says what happened and what to do, in whole words, from %j', (code, facts) => {
    const { message, next_steps } = sampleOf(code, facts);

    for (const text of [message, ...next_steps]) {
      expect(text.trim()).toBe(text);
      expect(text).not.toMatch(/undefined|null|NaN|\[object|^$/);
    }
    for (const step of next_steps) expect(step).toMatch(/[.?]$|^Install it: /);
  });

  test.each(CODES)('%s is written in capitals and has a kind', (code) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(KINDS).toContain(sampleOf(code).kind);
  });

  test.each(CODES.filter((code) => code !== 'INVALID_INPUT'))('%s offers a next step', (code) => {
    expect(sampleOf(code).next_steps).not.toEqual([]);
  });

  test.each(CODES)('%s says different things of different facts', (code) => {
    const text = (facts: object): string => {
      const { message, next_steps } = sampleOf(code, facts);
      return [message, ...next_steps].join('\n');
    };
    for (const [fact, value] of Object.entries(FACTS[code])) {
      const changed = Array.isArray(value) ? ['changed'] : typeof value === 'number' ? value + 1000 : 'changed';

      expect([fact, text({ ...FACTS[code], [fact]: changed })]).not.toEqual([fact, text(FACTS[code])]);
    }
  });
});

test('an error carries its code, kind, facts and cause for programs, and none of the cause in its text', () => {
  const cause = new Error('ENOSPC at 0x7f');

  const error = praasError('STORE_FULL', FACTS.STORE_FULL, cause);

  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ code: 'STORE_FULL', kind: 'Unavailable', facts: FACTS.STORE_FULL, cause });
  expect(error.message).toBe('no space left to write /var/lib/praas/edge.json; nothing was changed');
  expect('cause' in praasError('STORE_FULL', FACTS.STORE_FULL)).toBe(false);
});

test('a code belongs to one catalogue', () => {
  const codes = Object.values(CATALOGUES).flatMap((entries) => Object.keys(entries));

  expect(codes.toSorted()).toEqual(CODES.toSorted());
});

test('an error as callers of one project may know it says nothing of the rest of the node', () => {
  const routers = sampleOf('ROUTER_NOT_FOUND');
  const record = sampleOf('STORE_DAMAGED');

  expect(routers.facts).toMatchObject({ known: ['east', 'west'] });
  expect(routers.redacted()).toMatchObject({ code: 'ROUTER_NOT_FOUND', facts: { router: 'edge', known: [] } });
  expect(record.redacted().message).not.toContain('/var/lib/praas/edge.json ');
  expect(sampleOf('MAPPING_NOT_FOUND').redacted()).toMatchObject({ code: 'MAPPING_NOT_FOUND', facts: { id: 'b0e5' } });
});

test('an error of the catalogue is known as one, and by its codes', () => {
  const error = praasError('STORE_FULL', FACTS.STORE_FULL);

  expect(isPraasError(error)).toBe(true);
  expect(isPraasError(error, 'STORE_FAILED', 'STORE_FULL')).toBe(true);
  expect(isPraasError(error, 'STORE_FAILED')).toBe(false);
  expect(error).toBeInstanceOf(PraasError);
  for (const other of [new Error('STORE_FULL'), { code: 'STORE_FULL' }, undefined, 'STORE_FULL']) {
    expect(isPraasError(other)).toBe(false);
  }
});
