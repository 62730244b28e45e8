/**
 * Reads one cloud from clouds.yaml, secure.yaml, the OS_* variables and the --os-* options, by the rules of the openstack client:
 * options before variables before files, and of the files the first that exists.
 */
import { dirname, join } from 'node:path';
import { FAILSAFE_SCHEMA, load, mergeTag, nullCoreTag } from 'js-yaml';
import { errnoText } from '../../core/errors/errno-text.ts';
import { isPraasError, praasError } from '../../core/errors/errors.ts';
import { isObject } from '../../core/values/json.ts';
import type { CloudConfig } from './cloud-config.ts';
import { mergeClouds, parseCloud } from './merge.ts';
import { cloudFromVariables, type RawCloud, VARIABLES } from './variables.ts';

interface CloudSources {
  /** The name from --os-cloud, OS_CLOUD or cloud_name. */
  readonly cloud?: string | undefined;
  /** The values of options, by the variable that each overrides. */
  readonly options?: Readonly<Record<string, string | undefined>>;
  readonly env: NodeJS.ProcessEnv;
  /** The paths at which clouds.yaml is searched; the first that exists is used. */
  readonly files: readonly string[];
  /** Gives the text of a file; rejects as node:fs does. */
  readonly readFile: (path: string) => Promise<string>;
}

const TEXT_SCHEMA = FAILSAFE_SCHEMA.withTags(mergeTag, nullCoreTag);
const NAMES = ['clouds.yaml', 'clouds.yml', 'clouds.json'];
const SECURE_NAMES = ['secure.yaml', 'secure.yml', 'secure.json'];
const VENDOR_NAMES = ['clouds-public.yaml', 'clouds-public.yml', 'clouds-public.json'];
const SITE_DIRECTORY = '/etc/openstack';
/** The name that the openstack client gives to a cloud from variables alone. */
const ENVVARS = 'envvars';

/** Gives the paths that the openstack client searches, then that of praas. */
export function clientFiles(env: NodeJS.ProcessEnv, cwd: string, ownPath: string): readonly string[] {
  const home = env['HOME'];
  const configHome = env['XDG_CONFIG_HOME'] || (home ? join(home, '.config') : undefined);
  const directories = [cwd, ...(configHome ? [join(configHome, 'openstack')] : []), SITE_DIRECTORY];
  const fromVariable = env['OS_CLIENT_CONFIG_FILE'];
  const defaults = directories.flatMap((directory) => NAMES.map((name) => join(directory, name)));
  return [...(fromVariable ? [fromVariable] : []), ...defaults, ownPath];
}

/** Gives the paths that a daemon searches: its working directory and home have no meaning. */
export function daemonFiles(env: NodeJS.ProcessEnv, ownPath: string): readonly string[] {
  return [env['OS_CLIENT_CONFIG_FILE'] || ownPath];
}

/** Gives the cloud; undefined when none is configured. Throws CLOUD_CONFIG_INVALID. */
export async function readCloud({
  cloud,
  options = {},
  env,
  files,
  readFile,
}: CloudSources): Promise<CloudConfig | undefined> {
  const variables = cloudFromVariables({
    ...Object.fromEntries(VARIABLES.map((name) => [name, env[name]])),
    ...withoutUnset(options),
  });
  const requested = cloud || env['OS_CLOUD'] || undefined;
  const hasOwn = hasAuthUrl(variables);
  if (requested === undefined && hasOwn) return fromEnvironment(variables);
  const first = await readFirst(files, readFile);
  if (first === undefined) {
    if (requested === undefined || requested === ENVVARS) return hasOwn ? fromEnvironment(variables) : undefined;
    throw praasError('CLOUD_CONFIG_INVALID', {
      where: 'clouds.yaml',
      reason: `cloud ${requested} not found: no clouds.yaml found (searched: ${files.join(', ')})`,
    });
  }
  const { path, clouds } = first;
  const secrets = (await readFirst(secureFiles(path, files, env), readFile))?.clouds ?? {};
  const name = requested ?? onlyName(path, clouds);
  const written = Object.hasOwn(clouds, name) ? clouds[name] : undefined;
  if (!isObject(written)) {
    const reason = Object.hasOwn(clouds, name)
      ? `cloud ${name} is not a map`
      : `cloud ${name} not found; present: ${Object.keys(clouds).join(', ')}`;
    throw praasError('CLOUD_CONFIG_INVALID', { where: path, reason });
  }
  const { profile = written['cloud'], ...plain } = written;
  const { base, notes } = await readProfile(profile, vendorFiles(path, files, env), readFile);
  const secret = secrets[name];
  // The regions of the cloud itself go before the region of its profile.
  const inherited = plain['regions'] === undefined ? base : { ...base, region_name: undefined };
  const merged = mergeClouds([inherited, plain, isObject(secret) ? secret : {}]);
  return parseCloud({ name, where: path, cloud: merged, variables, notes });
}

/** By name. What is wrong with a cloud matters when that one is asked for. */
type Clouds = Readonly<Record<string, unknown>>;

async function readFirst(
  files: readonly string[],
  readFile: CloudSources['readFile'],
): Promise<{ readonly path: string; readonly clouds: Clouds } | undefined> {
  let unreadable: unknown;
  for (const path of files) {
    // A file that this user may not read counts as missing, unless no other one exists.
    const clouds = await readClouds(path, readFile).catch((error: unknown) => {
      if (isDenied(error)) unreadable ??= error;
      else throw error;
    });
    if (clouds !== undefined) return { path, clouds };
  }
  if (unreadable !== undefined) throw unreadable;
  return undefined;
}

/** Gives undefined for a missing or empty file. `key` is the key of the map of clouds. */
async function readClouds(
  path: string,
  readFile: CloudSources['readFile'],
  key = 'clouds',
): Promise<Clouds | undefined> {
  const text = await readText(path, readFile);
  if (text === undefined || isEmpty(text)) return undefined;
  const fail = (reason: string): never => {
    throw praasError('CLOUD_CONFIG_INVALID', { where: path, reason });
  };
  let document: unknown;
  try {
    // All values are text, because a password of digits is text. Numbers and booleans are parsed where they are used.
    document = path.endsWith('.json') ? JSON.parse(text) : load(text, { schema: TEXT_SCHEMA });
  } catch (error) {
    // The rest of the message quotes the file, which contains passwords.
    const { mark } = error as { mark?: { line?: number } };
    fail(`not valid YAML${mark?.line === undefined ? '' : ` (line ${mark.line + 1})`}`);
  }
  const clouds = isObject(document) ? document[key] : undefined;
  if (!isObject(clouds)) return fail(`no map of ${key} found`);
  return clouds;
}

/** A file of blank lines and comments counts as missing. */
function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => line.trim() === '' || line.trimStart().startsWith('#'));
}

/** True when the file system denies access to the file. */
function isDenied(error: unknown): boolean {
  if (!isPraasError(error, 'CLOUD_CONFIG_INVALID')) return false;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}

async function readText(path: string, readFile: CloudSources['readFile']): Promise<string | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw praasError('CLOUD_CONFIG_INVALID', { where: path, reason: `cannot be read: ${errnoText(error)}` }, error);
  }
}

/** Passwords may be in a file of their own, beside the clouds.yaml in use or at any of the other paths. */
function secureFiles(path: string, files: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  const fromVariable = env['OS_CLIENT_SECURE_FILE'];
  if (fromVariable) return [fromVariable];
  const directories = new Set([dirname(path), ...files.map((file) => dirname(file))]);
  return [...directories].flatMap((directory) => SECURE_NAMES.map((name) => join(directory, name)));
}

/** Profiles are where clouds.yaml may be, whichever file it was read from. */
function vendorFiles(path: string, files: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  const fromVariable = env['OS_CLIENT_VENDOR_FILE'];
  const directories = new Set([dirname(path), ...files.map((file) => dirname(file)), SITE_DIRECTORY]);
  const found = [...directories].flatMap((directory) => VENDOR_NAMES.map((name) => join(directory, name)));
  return [...(fromVariable ? [fromVariable] : []), ...found];
}

/** A profile that is not there is passed over: the cloud may have all that is needed. */
async function readProfile(
  name: unknown,
  files: readonly string[],
  readFile: CloudSources['readFile'],
): Promise<{ readonly base: RawCloud; readonly notes: readonly string[] }> {
  if (name === undefined || name === null) return { base: {}, notes: [] };
  for (const path of files) {
    const profile = typeof name === 'string' ? (await readClouds(path, readFile, 'public-clouds'))?.[name] : undefined;
    if (isObject(profile)) return { base: profile, notes: [] };
  }
  const missing = typeof name === 'string' ? `profile ${name} not found` : 'profile is not a name';
  return { base: {}, notes: [`${missing} (searched: ${files.filter((file) => file.endsWith('.yaml')).join(', ')})`] };
}

function fromEnvironment(variables: RawCloud): CloudConfig {
  return parseCloud({ name: ENVVARS, where: 'environment', cloud: {}, variables });
}

/** The one that is a map: an entry without contents is not meant. */
function onlyName(path: string, clouds: Clouds): string {
  const names = Object.keys(clouds).filter((each) => isObject(clouds[each]));
  const [name, another] = names;
  if (name !== undefined && another === undefined) return name;
  const reason =
    name === undefined ? 'no cloud found' : `several clouds found, and none selected by name: ${names.join(', ')}`;
  throw praasError('CLOUD_CONFIG_INVALID', { where: path, reason });
}

function hasAuthUrl({ auth }: RawCloud): boolean {
  return isObject(auth) && auth['auth_url'] !== undefined;
}

function withoutUnset(options: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
