/** The configuration: every value allowed, every key known. */
import type { PraasError } from '../../core/errors/errors.ts';
import { type Check, failed } from './examine.ts';
import { ok } from './report.ts';

const NAME = 'praas.conf';

/** `path` is the file that was read; `error` what is wrong with it. */
export function settingsCheck(path: string | undefined, error: PraasError | undefined): Check {
  const judgement = error ? failed(NAME, error) : ok(NAME, path ?? 'there is none; the defaults count');
  return { group: 'configuration', name: NAME, run: async () => [judgement] };
}
