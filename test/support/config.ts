/** Reads a configuration without touching the disk, and collects the error where one is expected. */
import { type LoadedConfig, loadConfig, SECTIONS } from '../../src/compose/config.ts';
import { isPraasError, type PraasError } from '../../src/core/errors/errors.ts';
import { declaredKeys } from '../../src/core/settings/sections.ts';

export const FILE = '/srv/praas.conf';

/** All keys of the executable. */
export const KEYS = declaredKeys(SECTIONS);

/** The configuration that these lines and this environment make; the lines stand in FILE. */
export function load(lines: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<LoadedConfig> {
  return loadText(lines.join('\n'), env);
}

export function loadText(text: string, env: NodeJS.ProcessEnv = {}): Promise<LoadedConfig> {
  return loadConfig({ path: FILE, env, readFile: fileWith(text) });
}

/** A reader of files that knows FILE only. */
export function fileWith(text: string): (path: string) => Promise<string> {
  return async (path) => {
    if (path !== FILE) throw new Error(`the test has no file ${path}`);
    return text;
  };
}

/** The catalogue error with which it fails; anything else, success included, fails the test. */
export async function errorOf(loading: Promise<unknown>): Promise<PraasError> {
  const outcome: unknown = await loading.catch((error: unknown) => error);
  if (!isPraasError(outcome)) throw new Error('expected an error of the catalogue', { cause: outcome });
  return outcome;
}
