/** Reads a configuration without touching the disk, and collects the error where one is expected. */
import { isPraasError, type PraasError } from '../../../src/pat/errors.ts';
import { type LoadedConfig, loadConfig } from '../../../src/system/config/config.ts';

export const FILE = '/srv/praas.conf';

/** The configuration that these lines and this environment make; the lines stand in FILE. */
export function load(lines: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<LoadedConfig> {
  return loadText(lines.join('\n'), env);
}

export function loadText(text: string, env: NodeJS.ProcessEnv = {}): Promise<LoadedConfig> {
  const readFile = async (path: string): Promise<string> => {
    if (path !== FILE) throw new Error(`the test has no file ${path}`);
    return text;
  };
  return loadConfig({ path: FILE, env, readFile });
}

/** The catalogue error with which it fails; anything else, success included, fails the test. */
export async function errorOf(loading: Promise<LoadedConfig>): Promise<PraasError> {
  const outcome: unknown = await loading.catch((error: unknown) => error);
  if (!isPraasError(outcome)) throw new Error('expected an error of the catalogue', { cause: outcome });
  return outcome;
}
