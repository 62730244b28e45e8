/** Which failures of an import can be rolled back. */
import { expect, test } from '@jest/globals';
import { unfinishedImport } from '../../../src/pat/change/unfinished-import.ts';
import { praasError } from '../../../src/pat/errors.ts';
import { emptyRecord } from '../../../src/pat/mapping/record.ts';
import { FACTS } from '../../support/error-facts.ts';
import { ROUTER } from '../../support/samples.ts';

const RECORD = { ...emptyRecord(ROUTER), adopting: ['-A custom-PREROUTING -j DNAT'] };

test.each(['KERNEL_REFUSED', 'KERNEL_UNREADABLE', 'KERNEL_BUSY'] as const)('%s: nothing was changed', (code) => {
  expect(unfinishedImport(RECORD, praasError(code, FACTS[code]))).toBeUndefined();
});

test('after any other failure the rules may be removed', () => {
  expect(unfinishedImport(RECORD, new Error('killed'))).toMatchObject({ code: 'IMPORT_UNFINISHED' });
});
