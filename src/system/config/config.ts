/**
 * praas.conf, the environment and the defaults become one frozen configuration, with a note of where each value came from.
 * Which sections and keys there are, the caller declares. Invariant: no configuration has a value that its key does not
 * allow. A bad value in the file is an error also where the environment overrides it: a file is right or wrong in every
 * environment.
 */
import { readFileSync } from 'node:fs';
import { errnoText } from '../../core/errors/errno-text.ts';
import { praasError } from '../../core/errors/errors.ts';
import {
  type ConfigOf,
  type DeclaredKey,
  declaredKeys,
  type RenamedKey,
  type Sections,
} from '../../core/settings/sections.ts';
import { type ConfigFile, readConfigFile } from './file.ts';
import { configOf } from './values.ts';
import { type Written, withValue } from './written.ts';

export const DEFAULT_PATH = '/usr/local/etc/praas/praas.conf';
const PATH_VARIABLE = 'PRAAS_CONFIG';
const NO_FILE: ConfigFile = { written: new Map(), renamed: [] };

export interface ConfigSources {
  /** The value of --config. */
  readonly path?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Gives the text of a file; rejects as node:fs does. */
  readonly readFile?: (path: string) => Promise<string>;
}

/** One key with the value in force. */
export interface Setting {
  /** `state_dir` for a key of [praas], `toy.size` for one of another section. */
  readonly key: string;
  /** As it was written. */
  readonly value: string;
  /** `default`, `/usr/local/etc/praas/praas.conf:3` or `environment PRAAS_BACKEND`. */
  readonly source: string;
  /** The old name by which the source sets the key; null where it uses the present one. */
  readonly old_name: string | null;
  /** False where a change takes effect after a restart only. */
  readonly reloadable: boolean;
  readonly description: string;
}

export interface LoadedConfig<S extends Sections> {
  readonly config: ConfigOf<S>;
  /** One for each key, in the order of the tables. */
  readonly settings: readonly Setting[];
  /** Old names in the file and in the environment, whether they are in force or overridden. */
  readonly renamed: readonly RenamedKey[];
  /** The file that was read; undefined when there is none. */
  readonly path: string | undefined;
}

/**
 * Takes the sections, the value of --config, the environment and a way to read files. The environment goes before the
 * file, the file before the defaults; an empty variable counts as unset, and of two variables for one key the one with its
 * present name counts. The file is `path`, else what PRAAS_CONFIG names, else DEFAULT_PATH, which alone may be missing.
 * Throws CONFIG_UNREADABLE, CONFIG_SYNTAX (also for an unknown section or key) and CONFIG_INVALID (a value that is not
 * allowed).
 */
export async function load<const S extends Sections>(sections: S, sources: ConfigSources): Promise<LoadedConfig<S>> {
  const { env, readFile = readFromDisk } = sources;
  const named = sources.path ?? (env[PATH_VARIABLE] || undefined);
  const path = named ?? DEFAULT_PATH;
  const text = await readText(path, named === undefined, readFile);
  const file = text === undefined ? NO_FILE : readConfigFile(text, path, sections);

  const keys = declaredKeys(sections);
  const inForce = new Map(keys.map((declared) => [declared.fullName, writtenFor(declared, env, file)]));
  const written = ({ fullName }: DeclaredKey): Written => inForce.get(fullName) as Written;
  return {
    config: configOf(sections, (declared) => written(declared).value),
    settings: Object.freeze(keys.map((declared) => settingOf(declared, written(declared)))),
    renamed: Object.freeze([...file.renamed, ...keys.flatMap((declared) => oldVariable(env, declared))]),
    path: text === undefined ? undefined : path,
  };
}

/** Not by node:fs/promises: every start reads this small file, and loading that module takes longer. */
async function readFromDisk(path: string): Promise<string> {
  return readFileSync(path, 'utf8');
}

async function readText(
  path: string,
  mayBeMissing: boolean,
  readFile: (path: string) => Promise<string>,
): Promise<string | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw praasError('CONFIG_UNREADABLE', { path, reason: errnoText(error) }, error);
  }
}

/** The environment goes before the file, the file before the default. */
function writtenFor(declared: DeclaredKey, env: NodeJS.ProcessEnv, file: ConfigFile): Written {
  const { fullName, key } = declared;
  const byDefault = { text: key.fallback, where: 'default', oldName: undefined };
  const fromVariable = inEnvironment(env, declared);
  if (fromVariable !== undefined) return withValue(declared, fromVariable);
  return file.written.get(fullName) ?? withValue(declared, byDefault);
}

function inEnvironment(
  env: NodeJS.ProcessEnv,
  { key, variable, oldVariable: old }: DeclaredKey,
): Omit<Written, 'value'> | undefined {
  const text = textIn(env, variable);
  if (text !== undefined) return { text, where: `environment ${variable}`, oldName: undefined };
  const oldText = old && textIn(env, old);
  return oldText === undefined ? undefined : { text: oldText, where: `environment ${old}`, oldName: key.formerly };
}

function oldVariable(env: NodeJS.ProcessEnv, { variable, oldVariable: old }: DeclaredKey): readonly RenamedKey[] {
  const isUsed = old !== undefined && textIn(env, old) !== undefined;
  return isUsed ? [{ where: 'environment', oldName: old, newName: variable }] : [];
}

/** Undefined for a variable that is unset or empty. */
function textIn(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  return env[variable]?.trim() || undefined;
}

function settingOf({ fullName, key }: DeclaredKey, { text, where, oldName }: Written): Setting {
  const { isReloadable: reloadable, description } = key;
  return Object.freeze({
    key: fullName,
    value: text,
    source: where,
    old_name: oldName ?? null,
    reloadable,
    description,
  });
}
