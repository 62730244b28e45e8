/** The configuration: every value allowed, every key known and called by its present name. */
import type { PraasError } from '../../core/errors/errors.ts';
import type { RenamedKey } from '../../core/settings/sections.ts';
import { type Check, failed } from './examine.ts';
import { type Judgement, ok, warning } from './report.ts';

const NAME = 'praas.conf';

/** `path` is the file that was read, `error` what is wrong with it, `renamed` the old names that it and the environment use. */
export function settingsCheck(
  path: string | undefined,
  error: PraasError | undefined,
  renamed: readonly RenamedKey[],
): Check {
  const judgement = error ? failed(NAME, error) : ok(NAME, path ?? 'there is none; the defaults count');
  return { group: 'configuration', name: NAME, run: async () => [judgement, ...renamed.map(judgeRenamed)] };
}

export function judgeRenamed({ where, oldName, newName }: RenamedKey): Judgement {
  return warning(oldName, `old name of ${newName} (${where})`, `Use ${newName} instead.`);
}
