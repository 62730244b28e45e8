/** What was written about a cloud, from several places, becomes one checked CloudConfig. Pure. */
import * as z from 'zod';
import { praasError } from '../../core/errors/errors.ts';
import { AUTH_TYPES, Auth, type CloudConfig, INTERFACES } from './cloud-config.ts';
import type { Written } from './variables.ts';

/** What stands for the same in files of different age. */
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

/** Deep for maps, whole for everything else; what is later in the list counts. */
export function merged(parts: readonly Written[]): Written {
  const result: Record<string, unknown> = {};
  for (const part of parts) {
    for (const [key, value] of Object.entries(part)) {
      const before = result[key];
      result[key] = isMap(before) && isMap(value) ? merged([before, value]) : value;
    }
  }
  return result;
}

/** Takes the name of a cloud, where it was written, and what was written. Throws CLOUD_CONFIG_INVALID, which never says a secret. */
export function configOf(name: string, where: string, given: Written): CloudConfig {
  const top = renamed(given);
  const fail = (reason: string): never => {
    throw praasError('CLOUD_CONFIG_INVALID', { where, reason: `cloud ${name}: ${reason}` });
  };
  if ((textOf(top['identity_api_version']) ?? '3').startsWith('2'))
    fail('identity_api_version 2 is no longer spoken; use 3');
  if (top['auth'] !== undefined && !isMap(top['auth'])) fail('auth is not a map');
  const said = { ...pickAuth(top), ...renamed((top['auth'] as Written | undefined) ?? {}) };
  const withDomains = domains(said, top['default_domain']);
  const { data: auth, error } = Auth.safeParse(withDomains);
  if (auth === undefined) {
    const [issue] = error?.issues ?? [];
    return fail(`auth.${issue?.path.join('.')}: ${issue?.message}`);
  }
  const auth_type = typeOf(top['auth_type'], auth) ?? fail(`auth_type: one of ${AUTH_TYPES.join(', ')}`);
  const missing = missingIn(auth, auth_type);
  if (missing !== undefined) fail(`auth: ${missing} is missing`);
  const face = faceOf(top['interface']) ?? fail(`interface: one of ${INTERFACES.join(', ')}`);
  const region_name = textOf(top['region_name']) ?? firstRegion(top['regions']);
  const cacert = textOf(top['cacert']);
  return { name, where, auth_type, auth, interface: face, verify: verifies(top), region_name, cacert };
}

function isMap(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys with hyphens are those with underscores, and old names the new ones. */
function renamed(map: Written): Record<string, unknown> {
  const entries = Object.entries(map).map(([key, value]) => {
    const plain = key.replaceAll('-', '_');
    return [ALIASES[plain] ?? plain, value] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined && value !== ''));
}

/** Who logs in may stand beside `auth` as well as in it. */
function pickAuth(top: Written): Written {
  return Object.fromEntries(Object.entries(top).filter(([key]) => AUTH_KEYS.includes(key)));
}

/** One domain for both, where nothing else is said of them. */
function domains(auth: Written, default_domain: unknown): Written {
  const { domain_id, domain_name, ...rest } = auth;
  const shared = { user_domain_id: domain_id ?? default_domain, user_domain_name: domain_name };
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
        ? { project_domain_id: domain_id ?? default_domain ?? 'default' }
        : { project_domain_name: domain_name },
    );
  return filled;
}

function typeOf(said: unknown, auth: Auth): CloudConfig['auth_type'] | undefined {
  if (said !== undefined) return Object.hasOwn(TYPES, textOf(said) ?? '') ? TYPES[textOf(said) ?? ''] : undefined;
  if (auth.application_credential_secret !== undefined) return 'v3applicationcredential';
  return auth.token !== undefined && auth.password === undefined ? 'token' : 'password';
}

function missingIn(auth: Auth, auth_type: CloudConfig['auth_type']): string | undefined {
  if (auth_type === 'token') return auth.token === undefined ? 'token' : undefined;
  if (auth_type === 'v3applicationcredential') {
    if (auth.application_credential_secret === undefined) return 'application_credential_secret';
    const { application_credential_id: id, application_credential_name: name } = auth;
    return id === undefined && name === undefined ? 'application_credential_id' : undefined;
  }
  if (auth.username === undefined && auth.user_id === undefined) return 'username';
  return auth.password === undefined ? 'password' : undefined;
}

/** `publicURL` is an old way to write `public`. */
function faceOf(said: unknown): CloudConfig['interface'] | undefined {
  const plain = said === undefined ? 'public' : textOf(said)?.replace(/URL$/, '');
  return INTERFACES.find((known) => known === plain);
}

const Truth = z.union([z.boolean(), z.stringbool()]);

function verifies({ verify, insecure }: Written): boolean {
  const says = (value: unknown): boolean | undefined => Truth.safeParse(value).data;
  return says(insecure) !== true && says(verify) !== false;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Of several regions the first is the one that is meant where nothing else is said; each is a name, or a map with one. */
function firstRegion(regions: unknown): string | undefined {
  const [first] = Array.isArray(regions) ? (regions as unknown[]) : [];
  return textOf(isMap(first) ? first['name'] : first);
}
