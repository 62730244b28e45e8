/**
 * clouds.yaml, secure.yaml, the OS_* variables and the --os-* options become one cloud, by the rules of the openstack
 * client: options before variables before files, and of the files the first that is there.
 */
import { dirname, join } from 'node:path';
import { FAILSAFE_SCHEMA, load, mergeTag, nullCoreTag } from 'js-yaml';
import { isPraasError, praasError } from '../../core/errors/errors.ts';
import type { CloudConfig } from './cloud-config.ts';
import { configOf, merged } from './merge.ts';
import { VARIABLES, type Written, written } from './variables.ts';

export interface CloudSources {
  /** What --os-cloud, OS_CLOUD or cloud_name says. */
  readonly cloud?: string | undefined;
  /** Values of options, by the variable that each overrides. */
  readonly options?: Readonly<Record<string, string | undefined>>;
  readonly env: NodeJS.ProcessEnv;
  /** Paths in which clouds.yaml is looked for; the first that is there counts. */
  readonly files: readonly string[];
  /** Gives the text of a file; rejects as node:fs does. */
  readonly readFile: (path: string) => Promise<string>;
}

const TEXTS = FAILSAFE_SCHEMA.withTags(mergeTag, nullCoreTag);
const NAMES = ['clouds.yaml', 'clouds.yml', 'clouds.json'];
const SECURE_NAMES = ['secure.yaml', 'secure.yml', 'secure.json'];
/** Blank lines and comments alone say nothing of any cloud. */
const NOTHING = /^(?:\s*(?:#.*)?(?:\n|$))*$/;
/** What the openstack client calls a cloud of which only variables speak. */
const ENVVARS = 'envvars';

/** Where the openstack client looks, and then where praas has its own. */
export function clientFiles(env: NodeJS.ProcessEnv, cwd: string, ownPath: string): readonly string[] {
  const home = env['HOME'];
  const configHome = env['XDG_CONFIG_HOME'] || (home ? join(home, '.config') : undefined);
  const directories = [cwd, ...(configHome ? [join(configHome, 'openstack')] : []), '/etc/openstack'];
  const named = env['OS_CLIENT_CONFIG_FILE'];
  const usual = directories.flatMap((directory) => NAMES.map((name) => join(directory, name)));
  return [...(named ? [named] : []), ...usual, ownPath];
}

/** Where a daemon looks: it has no working directory and no home that mean anything. */
export function daemonFiles(env: NodeJS.ProcessEnv, ownPath: string): readonly string[] {
  const named = env['OS_CLIENT_CONFIG_FILE'];
  return named ? [named] : [ownPath];
}

/** Gives the cloud; undefined when nothing says anything of one. Throws CLOUD_CONFIG_INVALID. */
export async function readCloud({
  cloud,
  options = {},
  env,
  files,
  readFile,
}: CloudSources): Promise<CloudConfig | undefined> {
  const variables = written({ ...Object.fromEntries(VARIABLES.map((name) => [name, env[name]])), ...given(options) });
  const asked = cloud || env['OS_CLOUD'] || undefined;
  const hasOwn = hasAuthUrl(variables);
  if (asked === undefined && hasOwn) return configOf(ENVVARS, 'environment', variables);
  const found = await firstOf(files, readFile);
  if (found === undefined) {
    if (asked === undefined || asked === ENVVARS)
      return hasOwn ? configOf(ENVVARS, 'environment', variables) : undefined;
    throw praasError('CLOUD_CONFIG_INVALID', {
      where: 'clouds.yaml',
      reason: `no such file was found for cloud ${asked}; looked for: ${files.join(', ')}`,
    });
  }
  const { path, clouds } = found;
  const secrets = (await firstOf(secureFiles(path, files, env), readFile))?.clouds ?? {};
  const name = asked ?? onlyOne(path, clouds);
  const cloudText = clouds[name];
  if (cloudText === undefined) {
    throw praasError('CLOUD_CONFIG_INVALID', {
      where: path,
      reason: `there is no cloud ${name} in it; there are: ${Object.keys(clouds).join(', ')}`,
    });
  }
  const { profile, ...plain } = cloudText;
  const base =
    profile === undefined
      ? {}
      : await profileOf(typeof profile === 'string' ? profile : JSON.stringify(profile), path, readFile);
  return configOf(name, path, merged([base, plain, secrets[name] ?? {}, variables]));
}

type Clouds = Readonly<Record<string, Written>>;

async function firstOf(
  files: readonly string[],
  readFile: CloudSources['readFile'],
): Promise<{ readonly path: string; readonly clouds: Clouds } | undefined> {
  let unreadable: unknown;
  for (const path of files) {
    // What somebody else's eyes only may read is not there for this user; the next one may be.
    const clouds = await readClouds(path, readFile).catch((error: unknown) => {
      if (isUnreadable(error)) unreadable ??= error;
      else throw error;
    });
    if (clouds !== undefined) return { path, clouds };
  }
  if (unreadable !== undefined) throw unreadable;
  return undefined;
}

/** Undefined for a file that is not there, or has nothing in it. `key` is what its clouds stand under. */
async function readClouds(
  path: string,
  readFile: CloudSources['readFile'],
  key = 'clouds',
): Promise<Clouds | undefined> {
  const text = await textOf(path, readFile);
  if (text === undefined || NOTHING.test(text)) return undefined;
  const fail = (reason: string): never => {
    throw praasError('CLOUD_CONFIG_INVALID', { where: path, reason });
  };
  let document: unknown;
  try {
    // A password of digits is text, and so is everything else; whoever needs a number or a truth reads it as one.
    document = load(text, { schema: TEXTS });
  } catch (error) {
    // The rest of the message quotes the file, which has passwords in it.
    const { mark } = error as { mark?: { line?: number } };
    fail(`it is not YAML${mark?.line === undefined ? '' : ` (line ${mark.line + 1})`}`);
  }
  const clouds = isMap(document) ? document[key] : undefined;
  if (!isMap(clouds)) return fail(`there is no map of ${key} in it`);
  const odd = Object.entries(clouds).find(([, cloud]) => !isMap(cloud));
  if (odd !== undefined) fail(`cloud ${odd[0]} is not a map`);
  return clouds as Clouds;
}

function isUnreadable(error: unknown): boolean {
  return isPraasError(error, 'CLOUD_CONFIG_INVALID') && /: (?:EACCES|EPERM)$/.test(String(error.facts['reason']));
}

async function textOf(path: string, readFile: CloudSources['readFile']): Promise<string | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw praasError('CLOUD_CONFIG_INVALID', { where: path, reason: `it cannot be read: ${code ?? message}` });
  }
}

/** Passwords may stand in a file of their own: beside the clouds.yaml that counts, or wherever else one is looked for. */
function secureFiles(path: string, files: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  const named = env['OS_CLIENT_SECURE_FILE'];
  if (named) return [named];
  const directories = new Set([dirname(path), ...files.map((file) => dirname(file))]);
  return [...directories].flatMap((directory) => SECURE_NAMES.map((name) => join(directory, name)));
}

async function profileOf(name: string, path: string, readFile: CloudSources['readFile']): Promise<Written> {
  const where = join(dirname(path), 'clouds-public.yaml');
  const profile = (await readClouds(where, readFile, 'public-clouds'))?.[name];
  if (profile !== undefined) return profile;
  throw praasError('CLOUD_CONFIG_INVALID', { where: path, reason: `profile ${name} is not in ${where}` });
}

function onlyOne(path: string, clouds: Clouds): string {
  const names = Object.keys(clouds);
  const [name, another] = names;
  if (name !== undefined && another === undefined) return name;
  const reason = name === undefined ? 'there is no cloud in it' : `name one of its clouds: ${names.join(', ')}`;
  throw praasError('CLOUD_CONFIG_INVALID', { where: path, reason });
}

function hasAuthUrl({ auth }: Written): boolean {
  return isMap(auth) && auth['auth_url'] !== undefined;
}

function given(options: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function isMap(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
