/** The catalogue of errors: what holds of every entry. Their texts are in test/golden/texts. */
import { expect, test } from '@jest/globals';
import { STRANGER } from '../../../src/core/errors/entry.ts';
import { isPraasError, PraasError, praasError } from '../../../src/core/errors/errors.ts';
import { describeCatalogue } from '../../support/catalogue.ts';
import { allFactsOf, CATALOGUES, CODES, FACTS, sampleOf } from '../../support/error-facts.ts';

for (const [product, entries] of Object.entries(CATALOGUES)) {
  const codes = CODES.filter((code) => code in entries);
  const samples = codes.map((code) => [code, allFactsOf(code)] as const);
  describeCatalogue(product, entries, Object.fromEntries(samples));
}

test('an error carries its code, kind, facts and cause for programs, and none of the cause in its text', () => {
  const cause = new Error('ENOSPC at 0x7f');

  const error = praasError('STORE_FULL', FACTS.STORE_FULL, cause);

  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ code: 'STORE_FULL', kind: 'Unavailable', facts: FACTS.STORE_FULL, cause });
  expect(error.message).toContain(FACTS.STORE_FULL.path);
  expect(error.message).not.toContain(cause.message);
  expect('cause' in praasError('STORE_FULL', FACTS.STORE_FULL)).toBe(false);
});

test.each(CODES.filter((code) => code in CATALOGUES.core))('%s ends with one next step, a sentence', (code) => {
  for (const facts of allFactsOf(code)) {
    const { nextSteps } = sampleOf(code, facts);

    expect(nextSteps).toHaveLength(1);
    for (const step of nextSteps) expect(step).toMatch(/^[A-Z][^.]*.*\.$/);
  }
});

test('a code belongs to one catalogue', () => {
  const codes = Object.values(CATALOGUES).flatMap((entries) => Object.keys(entries));

  expect(codes.toSorted()).toEqual(CODES.toSorted());
});

test('an error as requesters of one project see it has no facts of the rest of the node', () => {
  const routers = sampleOf('ROUTER_NOT_FOUND');
  const record = sampleOf('STORE_DAMAGED');

  expect(routers.facts).toMatchObject({ known: ['east', 'west'] });
  expect(routers.redacted(STRANGER)).toMatchObject({ code: 'ROUTER_NOT_FOUND', facts: { router: 'edge', known: [] } });
  expect(record.redacted(STRANGER).message).not.toContain('/var/lib/praas/edge.json ');
  expect(sampleOf('MAPPING_NOT_FOUND').redacted(STRANGER)).toMatchObject({
    code: 'MAPPING_NOT_FOUND',
    facts: { id: 'b0e5' },
  });
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
