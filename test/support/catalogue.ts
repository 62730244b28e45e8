/** What holds of every entry of a catalogue of errors, for the catalogue of any product. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { ErrorKind } from '../../src/core/errors/entry.ts';
import { type Catalogue, errorsOf, type PraasError } from '../../src/core/errors/praas-error.ts';

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

/** Another value of the same form: texts and numbers change, and also those in objects, but not which kind of thing it is. */
function changedFact(value: unknown): unknown {
  if (typeof value === 'number') return value + 1000;
  if (typeof value === 'string') return 'changed';
  if (Array.isArray(value))
    return value.some((each) => typeof each === 'object') ? value.map(changedFact) : ['changed'];
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]) => [name, name === 'kind' ? each : changedFact(each)]);
  return Object.fromEntries(entries);
}

/** `samples` are facts such as the code gives, several where a text takes several ways. */
export function describeCatalogue(
  product: string,
  entries: Catalogue,
  samples: Readonly<Record<string, readonly object[]>>,
): void {
  const { praasError } = errorsOf(entries);
  const errorOf = (code: string, facts: object): PraasError => praasError(code, facts as never) as PraasError;
  const codes = Object.keys(entries);
  const all = codes.flatMap((code) => (samples[code] ?? []).map((facts) => [code, facts] as const));

  describe(`the catalogue of ${product}`, () => {
    test('has samples of every entry', () => {
      expect(Object.keys(samples).toSorted()).toEqual(codes.toSorted());
    });

    test.each(codes)('%s is written in capitals and has a kind', (code) => {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(KINDS).toContain(entries[code]?.kind);
    });

    test.each(all)('%s says what happened and what to do, in whole words, from %j', (code, facts) => {
      const { message, nextSteps } = errorOf(code, facts);

      for (const text of [message, ...nextSteps]) {
        expect(text.trim()).toBe(text);
        expect(text).not.toMatch(/undefined|null|NaN|\[object|^$/);
      }
      for (const step of nextSteps) expect(step).toMatch(/[.?]$/);
      expect(nextSteps).not.toEqual([]);
    });

    test.each(all)('%s says different things of different facts, such as %j', (code, facts) => {
      const textOf = (some: object): string => {
        const { message, nextSteps } = errorOf(code, some);
        return [message, ...nextSteps].join('\n');
      };
      for (const [fact, value] of Object.entries(facts)) {
        const changed = changedFact(value);
        if (isDeepStrictEqual(changed, value)) continue;

        expect([fact, textOf({ ...facts, [fact]: changed })]).not.toEqual([fact, textOf(facts)]);
      }
    });
  });
}
