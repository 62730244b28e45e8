/** The configuration file: every key is known and called by its present name, and every value is allowed. */
import type { PraasError } from '../../core/errors/errors.ts';
import type { RenamedKey } from '../../core/settings/sections.ts';
import { type Judgement, ok, warning } from './report.ts';
import { type DoctorCheck, judgeError } from './run-checks.ts';

const NAME = 'praas.conf';

/**
 * `path` is the file that was read; undefined where there is none. `error` is why it is not valid. `renamed` are the old names
 * that the file and the environment use.
 */
export function configFileCheck(
  path: string | undefined,
  error: PraasError | undefined,
  renamed: readonly RenamedKey[],
): DoctorCheck {
  const judgement = error ? judgeError(NAME, error) : ok(NAME, path ?? 'not found; using defaults');
  return { group: 'configuration', name: NAME, run: async () => [judgement, ...renamed.map(judgeRenamed)] };
}

export function judgeRenamed({ where, oldName, newName }: RenamedKey): Judgement {
  return warning(oldName, `old name of ${newName} (${where})`, `Use ${newName} instead.`);
}
