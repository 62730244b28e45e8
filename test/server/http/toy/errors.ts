/** The catalogue of a product that exists for a test only. */
import { entry } from '../../../../src/core/errors/entry.ts';
import { CORE_ERRORS } from '../../../../src/core/errors/errors.ts';
import { errorsOf } from '../../../../src/core/errors/praas-error.ts';

export const TOY_ERRORS = {
  BELL_BROKEN: entry(
    'Conflict',
    (f: { bell: string }) => `bell ${f.bell} is broken`,
    () => ['Choose another bell.'],
    { status: 410 },
  ),
} as const;

export const { praasError } = errorsOf({ ...CORE_ERRORS, ...TOY_ERRORS });
