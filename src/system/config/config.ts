/**
 * praas.conf, the environment and the defaults become one frozen Config, with a note of where each value came from.
 * Invariant: there is no Config with a value that its key does not allow. A bad value in the file is an error also where
 * the environment overrides it, so that a file is right or wrong whoever starts praas.
 */
import { readFile as readFileFromDisk } from 'node:fs/promises';
import { getSystemErrorMessage } from 'node:util';
import { praasError } from '../../core/errors/errors.ts';
import { nearest } from '../../core/values/nearest.ts';
import { found } from './found.ts';
import { type Config, isKeyName, KEY_NAMES, KEYS, type KeyName, variableOf } from './keys.ts';
import { parseEntries } from './parser.ts';

export const DEFAULT_PATH = '/usr/local/etc/praas/praas.conf';
const PATH_VARIABLE = 'PRAAS_CONFIG';

export type { Config };

export interface ConfigSources {
  /** What --config names. */
  readonly path?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Gives the text of a file; rejects as node:fs does. */
  readonly readFile?: (path: string) => Promise<string>;
}

export interface Setting {
  readonly key: KeyName;
  /** As it was written. */
  readonly value: string;
  /** `default`, `/usr/local/etc/praas/praas.conf:3` or `environment PRAAS_BACKEND`. */
  readonly source: string;
  readonly description: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** One for each key, in the order of the table. */
  readonly settings: readonly Setting[];
  /** The file that was read; undefined when there is none. */
  readonly path: string | undefined;
}

/** A text and where it was written. */
interface Written {
  readonly text: string;
  readonly where: string;
}

/**
 * Takes the value of --config, the environment and a way to read files. The environment goes before the file, the file
 * before the defaults; an empty variable counts as unset. The file is `path`, else what PRAAS_CONFIG names, else
 * DEFAULT_PATH, which alone may be missing.
 * Throws CONFIG_UNREADABLE, CONFIG_SYNTAX (also for an unknown key) and CONFIG_INVALID (a value that is not allowed).
 */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { env, readFile = (path) => readFileFromDisk(path, 'utf8') } = sources;
  const named = sources.path ?? (env[PATH_VARIABLE] || undefined);
  const path = named ?? DEFAULT_PATH;
  const text = await readText(path, named === undefined, readFile);
  const inFile = text === undefined ? new Map<KeyName, Written>() : parseFile(text, path);

  const values: Partial<Record<KeyName, unknown>> = {};
  const settings = KEY_NAMES.map((key): Setting => {
    const { description, fallback } = KEYS[key];
    const written = inEnvironment(env, key) ?? inFile.get(key) ?? { text: fallback, where: 'default' };
    values[key] = parseValue(key, written);
    return Object.freeze({ key, value: written.text, source: written.where, description });
  });
  return {
    config: Object.freeze(values) as Config,
    settings: Object.freeze(settings),
    path: text === undefined ? undefined : path,
  };
}

async function readText(
  path: string,
  mayBeMissing: boolean,
  readFile: (path: string) => Promise<string>,
): Promise<string | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, errno, message } = error as NodeJS.ErrnoException;
    if (mayBeMissing && code === 'ENOENT') return undefined;
    const reason = errno === undefined ? message : getSystemErrorMessage(errno);
    throw praasError('CONFIG_UNREADABLE', { path, reason }, error);
  }
}

/** The entries of the file by key, each of them known and with a value that is allowed. */
function parseFile(text: string, path: string): ReadonlyMap<KeyName, Written> {
  const written = new Map<KeyName, Written>();
  for (const { key, value, line } of parseEntries(text, path)) {
    const where = `${path}:${line}`;
    if (!isKeyName(key)) {
      const meant = nearest(key, KEY_NAMES);
      const guess = meant === undefined ? '' : ` (did you mean ${meant}?)`;
      const facts = { where, found: `the unknown key ${found(key)}${guess}`, allowed: KEY_NAMES.join(', ') };
      throw praasError('CONFIG_SYNTAX', facts);
    }
    const hint = /[#;]/.test(value) ? ' (a comment needs a blank in front of it)' : '';
    parseValue(key, { text: value, where }, hint);
    written.set(key, { text: value, where });
  }
  return written;
}

function inEnvironment(env: NodeJS.ProcessEnv, key: KeyName): Written | undefined {
  const variable = variableOf(key);
  const text = env[variable]?.trim();
  return text ? { text, where: `environment ${variable}` } : undefined;
}

function parseValue(key: KeyName, { text, where }: Written, hint = ''): unknown {
  const { allowed, parse } = KEYS[key].kind;
  const value = parse(text);
  if (value === undefined)
    throw praasError('CONFIG_INVALID', { where, key, found: found(text), allowed: allowed + hint });
  return value;
}
