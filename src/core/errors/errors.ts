/** The catalogue that every product shares. */
import { API_ERRORS } from './api-errors.ts';
import { BASE_ERRORS } from './base-errors.ts';
import { CLOUD_ERRORS } from './cloud-errors.ts';
import { type CodeOf, errorsOf, type FactsOf, PraasError } from './praas-error.ts';

export const CORE_ERRORS = { ...BASE_ERRORS, ...API_ERRORS, ...CLOUD_ERRORS } as const;

type CoreCode = CodeOf<typeof CORE_ERRORS>;
/** The error of that code. */
export type CoreError<C extends CoreCode> = PraasError<C, FactsOf<typeof CORE_ERRORS, C>>;
export const { praasError, isPraasError } = errorsOf(CORE_ERRORS);
export { PraasError };
