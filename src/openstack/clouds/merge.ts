/** Merges what several sources say about a cloud and validates the result. Pure. */
import * as z from 'zod';
import { praasError } from '../../core/errors/errors.ts';
import { isObject } from '../../core/values/json.ts';
import { AUTH_TYPES, Auth, type CloudConfig, INTERFACES } from './cloud-config.ts';
import type { RawCloud } from './variables.ts';

/** Older names of keys. */
const ALIASES: Readonly<Record<string, string>> = {
  tenant_name: 'project_name',
  tenant_id: 'project_id',
  project: 'project_name',
  user_name: 'username',
  endpoint_type: 'interface',
};
const TYPES: Readonly<Record<string, CloudConfig['auth_type']>> = {
  password: 'password',
  v3password: 'password',
  token: 'token',
  v3token: 'token',
  v3applicationcredential: 'v3applicationcredential',
};
const AUTH_KEYS = Object.keys(Auth.shape);

/** Merges maps recursively; for all other values, the last one in the list is used. */
export function mergeClouds(parts: readonly RawCloud[]): RawCloud {
  const result: Record<string, unknown> = {};
  for (const part of parts) {
    for (const [key, value] of Object.entries(part)) {
      const before = result[key];
      result[key] = isObject(before) && isObject(value) ? mergeClouds([before, value]) : value;
    }
  }
  return result;
}

/** Takes the name of a cloud, its source, and the cloud as written. Throws CLOUD_CONFIG_INVALID, which never contains a secret. */
export function parseCloud(name: string, where: string, raw: RawCloud): CloudConfig {
  const top = renamed(raw);
  const fail = (reason: string): never => {
    throw praasError('CLOUD_CONFIG_INVALID', { where, reason: `cloud ${name}: ${reason}` });
  };
  if ((scalarText(top['identity_api_version']) ?? '3').startsWith('2'))
    fail('identity_api_version 2 is not supported; allowed: 3');
  if (top['auth'] !== undefined && !isObject(top['auth'])) fail('auth is not a map');
  const written = { ...pickAuth(top), ...renamed((top['auth'] as RawCloud | undefined) ?? {}) };
  const completed = withDomains(written, top['default_domain']);
  const { data: auth, error } = Auth.safeParse(completed);
  if (auth === undefined) {
    const [issue] = error?.issues ?? [];
    return fail(`auth.${issue?.path.join('.')} must be ${issue?.message}`);
  }
  const authType =
    typeOf(top['auth_type'], auth) ??
    fail(`auth_type is ${shown(top['auth_type'])}; allowed: ${AUTH_TYPES.join(', ')}`);
  const missing = missingKey(auth, authType);
  if (missing !== undefined) fail(`auth.${missing} is required`);
  const interfaceName =
    interfaceOf(top['interface']) ?? fail(`interface is ${shown(top['interface'])}; allowed: ${INTERFACES.join(', ')}`);
  const regionName = scalarText(top['region_name']) ?? firstRegion(top['regions']);
  const cacert = scalarText(top['cacert']);
  return {
    name,
    where,
    auth_type: authType,
    auth,
    interface: interfaceName,
    verify: isVerified(top),
    region_name: regionName,
    cacert,
  };
}

/** Replaces hyphens in keys by underscores, and older names by the current ones. */
function renamed(map: RawCloud): Record<string, unknown> {
  const entries = Object.entries(map).map(([key, value]) => {
    const plain = key.replaceAll('-', '_');
    return [ALIASES[plain] ?? plain, value] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined && value !== ''));
}

/** The keys of the account may be written beside `auth` as well as in it. */
function pickAuth(top: RawCloud): RawCloud {
  return Object.fromEntries(Object.entries(top).filter(([key]) => AUTH_KEYS.includes(key)));
}

/** Fills in the domains of user and project where they are not written: the shared one, or `default`. */
function withDomains(auth: RawCloud, defaultDomain: unknown): RawCloud {
  const { domain_id, domain_name, ...rest } = auth;
  const shared = { user_domain_id: domain_id ?? defaultDomain, user_domain_name: domain_name };
  const has = (kind: string): boolean =>
    rest[`${kind}_domain_id`] !== undefined || rest[`${kind}_domain_name`] !== undefined;
  const filled: Record<string, unknown> = { ...rest };
  if (!has('user') && rest['user_id'] === undefined)
    Object.assign(
      filled,
      shared.user_domain_name === undefined
        ? { user_domain_id: shared.user_domain_id ?? 'default' }
        : { user_domain_name: domain_name },
    );
  if (!has('project') && rest['project_name'] !== undefined && rest['project_id'] === undefined)
    Object.assign(
      filled,
      domain_name === undefined
        ? { project_domain_id: domain_id ?? defaultDomain ?? 'default' }
        : { project_domain_name: domain_name },
    );
  return filled;
}

function typeOf(written: unknown, auth: Auth): CloudConfig['auth_type'] | undefined {
  if (written !== undefined) {
    const name = scalarText(written) ?? '';
    return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  }
  if (auth.application_credential_secret !== undefined) return 'v3applicationcredential';
  return auth.token !== undefined && auth.password === undefined ? 'token' : 'password';
}

function missingKey(auth: Auth, authType: CloudConfig['auth_type']): string | undefined {
  if (authType === 'token') return auth.token === undefined ? 'token' : undefined;
  if (authType === 'v3applicationcredential') {
    if (auth.application_credential_secret === undefined) return 'application_credential_secret';
    const { application_credential_id: id, application_credential_name: name } = auth;
    return id === undefined && name === undefined ? 'application_credential_id' : undefined;
  }
  if (auth.username === undefined && auth.user_id === undefined) return 'username';
  return auth.password === undefined ? 'password' : undefined;
}

/** `publicURL` is an older form of `public`. */
function interfaceOf(written: unknown): CloudConfig['interface'] | undefined {
  const plain = written === undefined ? 'public' : scalarText(written)?.replace(/URL$/, '');
  return INTERFACES.find((known) => known === plain);
}

const BooleanText = z.union([z.boolean(), z.stringbool()]);

function isVerified({ verify, insecure }: RawCloud): boolean {
  const read = (value: unknown): boolean | undefined => BooleanText.safeParse(value).data;
  return read(insecure) !== true && read(verify) !== false;
}

/** A value of the file, for messages. */
function shown(value: unknown): string {
  return scalarText(value) ?? 'not text';
}

function scalarText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** The first of several regions is the default one; each is a name, or a map with a name. */
function firstRegion(regions: unknown): string | undefined {
  const [first] = Array.isArray(regions) ? (regions as unknown[]) : [];
  return scalarText(isObject(first) ? first['name'] : first);
}
