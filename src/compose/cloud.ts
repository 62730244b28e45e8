/** The OpenStack cloud of a node: the session of its account, the services asked with it, and Keystone authentication. */
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { errnoText } from '../core/errors/errno-text.ts';
import type { Authenticator } from '../core/identity/authenticator.ts';
import { type AccessPolicy, defaultPolicy } from '../core/identity/policy.ts';
import type { Role } from '../core/identity/requester.ts';
import type { Logger } from '../core/logger.ts';
import type { CloudConfig } from '../openstack/clouds/cloud-config.ts';
import { clientFiles, daemonFiles, readCloud } from '../openstack/clouds/read.ts';
import { Identity } from '../openstack/identity.ts';
import { KeystoneAuthenticator } from '../openstack/keystone-authenticator.ts';
import { OpenStackCloud } from '../openstack/openstack-cloud.ts';
import { ServiceClient } from '../openstack/service-client.ts';
import { Session } from '../openstack/session.ts';
import { praasError } from '../pat/errors.ts';
import type { Cloud } from '../pat/interfaces/cloud.ts';
import type { SecurityGroupAccess } from '../pat/interfaces/security-groups.ts';
import type { Targets } from '../pat/interfaces/target.ts';
import { CloudTargets } from '../pat/target/cloud-targets.ts';
import { RouterDirectory } from '../pat/target/router-directory.ts';
import { SecurityGroups } from '../pat/target/security-groups.ts';
import { LocalTargets } from '../pat/target/targets.ts';
import { systemClock } from '../system/clock.ts';
import { readRegularFile } from '../system/regular-file.ts';
import { ACTIONS } from './actions.ts';
import { cloudNotConfigured } from './cloud-not-configured.ts';
import type { Config } from './config.ts';

/** What the services need on a node with OpenStack. */
export interface CloudParts {
  readonly targets: Targets;
  readonly groups: SecurityGroupAccess;
  readonly directory?: RouterDirectory;
  /** Undefined on a node without OpenStack. */
  readonly cloud: () => Promise<Cloud | undefined>;
}

export interface BuiltCloud {
  readonly cloud: Cloud;
  /** For people: the cloud and its file. */
  readonly name: string;
  /** The Date header of a response of its Keystone; undefined without one. Throws as Session.send does. */
  date(): Promise<string | undefined>;
  /** The services that were asked by plain HTTP although Keystone is asked by HTTPS. */
  plainServices(): readonly string[];
  readonly parts: Required<CloudParts>;
  /** Authenticates Keystone tokens. */
  authenticator(roleOf: (roles: readonly string[]) => Role | undefined): Authenticator;
  close(): void;
}

const TIMEOUT_MS = 10_000;

type ReadFile = (path: string) => Promise<string>;

/** The cloud with this node's service account; undefined on a node without OpenStack. Sends nothing yet. Throws CLOUD_CONFIG_INVALID. */
export async function buildCloud(
  config: Pick<Config, 'clouds_path' | 'cloud_name'>,
  env: NodeJS.ProcessEnv,
  log: Logger,
  policy: AccessPolicy = defaultPolicy(ACTIONS),
): Promise<BuiltCloud | undefined> {
  const { clouds_path, cloud_name } = config;
  const files = daemonFiles(env, clouds_path);
  const found = await readCloud({ cloud: cloud_name, env: fileVariables(env), files, readFile: readRegularFile });
  if (found === undefined) return undefined;
  for (const note of found.notes) log.info('cloud configuration read', { file: found.where, note });
  const session = await openSession(found, readRegularFile, (service, host) =>
    log.warn('plain HTTP used; auth_url is HTTPS', { service, host }),
  );
  const identity = new Identity(session);
  const cloud = new OpenStackCloud(session);
  const groups = new SecurityGroups({ cloud, clock: systemClock, log });
  const local = new LocalTargets({ notConfigured: () => cloudNotConfigured(config, env), policy });
  return {
    cloud,
    parts: {
      targets: new CloudTargets({ cloud, policy, local }),
      groups,
      directory: new RouterDirectory(),
      cloud: async () => cloud,
    },
    name: `${found.name} (${found.where})`,
    plainServices: () => session.plainServices,
    date: async () => (await session.send('identity', { path: '' })).headers.date,
    authenticator: (roleOf) => new KeystoneAuthenticator({ identity, roleOf, clock: systemClock }),
    close: () => session.close(),
  };
}

/** The OS_* variables of an operator's shell are not about the node; only the paths of files are taken from them. */
function fileVariables({ OS_CLIENT_SECURE_FILE, OS_CLIENT_VENDOR_FILE }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { OS_CLIENT_SECURE_FILE, OS_CLIENT_VENDOR_FILE };
}

/** False only if no cloud is configured; a wrong configuration counts as one. */
export async function hasCloud({ clouds_path, cloud_name }: Config, env: NodeJS.ProcessEnv): Promise<boolean> {
  const files = daemonFiles(env, clouds_path);
  const found = readCloud({ cloud: cloud_name, env: fileVariables(env), files, readFile: readRegularFile });
  return found.then(
    (cloud) => cloud !== undefined,
    () => true,
  );
}

export interface ClientCloud {
  /** The value of --os-cloud. */
  readonly cloud?: string | undefined;
  /** Values of --os-* options, by the variable that each overrides. */
  readonly options: Readonly<Record<string, string | undefined>>;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly clouds_path: string;
}

/** A Keystone token for the user of a command; undefined if no cloud is configured. Throws as Session.token does. */
export async function requestToken({ clouds_path, cwd, ...sources }: ClientCloud): Promise<string | undefined> {
  const files = clientFiles(sources.env, cwd, clouds_path);
  const found = await readCloud({ ...sources, files, readFile: readText });
  if (found === undefined) return undefined;
  const session = await openSession(found, readText);
  try {
    return await session.token();
  } finally {
    session.close();
  }
}

async function openSession(
  config: CloudConfig,
  read: ReadFile,
  onPlainHttp?: (service: string, host: string) => void,
): Promise<Session> {
  const ca = config.cacert === undefined ? undefined : await readAuthority(config.cacert, read);
  const pause = (milliseconds: number): Promise<void> => setTimeout(milliseconds);
  const http = new ServiceClient({ ca, verify: config.verify, timeoutMs: TIMEOUT_MS, random: Math.random, pause });
  return new Session({ config, http, clock: systemClock, onPlainHttp });
}

/** For a user, who may give a file as a pipe from a program; a daemon would wait for it. */
function readText(path: string): Promise<string> {
  return readFile(path, 'utf8');
}

async function readAuthority(path: string, read: ReadFile): Promise<string> {
  try {
    return await read(path);
  } catch (error) {
    const reason = `cannot be read: ${errnoText(error)}`;
    throw praasError('CLOUD_CONFIG_INVALID', { where: `cacert ${path}`, reason }, error);
  }
}
