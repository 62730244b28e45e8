/** Merges what several sources say about a cloud and validates the result. Pure. */
import * as z from 'zod';
import { praasError } from '../../core/errors/errors.ts';
import { isObject } from '../../core/values/json.ts';
import {
  AUTH_TYPES,
  Auth,
  type CloudConfig,
  INTERFACES,
  type Interface,
  SERVICE_TYPES,
  type ServiceSettings,
  type ServiceType,
} from './cloud-config.ts';
import { regionNamed, regionsOf } from './regions.ts';
import type { RawCloud } from './variables.ts';

/** Older names of keys. */
const ALIASES: Readonly<Record<string, string>> = {
  tenant_name: 'project_name',
  tenant_id: 'project_id',
  project: 'project_name',
  user_name: 'username',
  endpoint_type: 'interface',
  identity_endpoint_type: 'identity_interface',
  network_endpoint_type: 'network_interface',
  compute_endpoint_type: 'compute_interface',
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

interface Written {
  readonly name: string;
  readonly where: string;
  /** The cloud as files describe it. */
  readonly cloud: RawCloud;
  /** What variables and options set, also over the values of a region. */
  readonly variables: RawCloud;
  readonly notes?: readonly string[];
}

/** Throws CLOUD_CONFIG_INVALID, which never contains a secret. */
export function parseCloud({ name, where, cloud, variables, notes = [] }: Written): CloudConfig {
  const fail = (reason: string): never => {
    throw praasError('CLOUD_CONFIG_INVALID', { where, reason: [`cloud ${name}: ${reason}`, ...notes].join('; ') });
  };
  const { top, regionName } = inRegion(renamed(cloud), renamed(variables), fail);
  if ((scalarText(top['identity_api_version']) ?? '3').startsWith('2'))
    fail('identity_api_version 2 is not supported; allowed: 3');
  const auth = parseAuth(top, fail);
  const authType =
    typeOf(top['auth_type'], auth) ??
    fail(`auth_type is ${shown(top['auth_type'])}; allowed: ${AUTH_TYPES.join(', ')}`);
  const missing = missingKey(auth, authType);
  if (missing !== undefined) fail(`auth.${missing} is required`);
  const interfaces = (key: string): readonly Interface[] | undefined =>
    top[key] === undefined
      ? undefined
      : (interfacesOf(top[key]) ?? fail(`${key} is ${shown(top[key])}; allowed: ${INTERFACES.join(', ')}`));
  return {
    name,
    where,
    auth_type: authType,
    auth,
    interfaces: interfaces('interface') ?? ['public'],
    verify: isVerified(top),
    region_name: regionName,
    services: Object.fromEntries(
      SERVICE_TYPES.map((type): [ServiceType, ServiceSettings] => [
        type,
        {
          url: endpointUrl(type, top, fail),
          interfaces: interfaces(`${type}_interface`),
          region_name: scalarText(top[`${type}_region_name`]),
        },
      ]),
    ) as CloudConfig['services'],
    cacert: scalarText(top['cacert']),
    notes,
  };
}

type Fail = (reason: string) => never;

/** Lays the values of the region over the cloud, and the variables over both. */
function inRegion(
  cloud: RawCloud,
  variables: RawCloud,
  fail: Fail,
): { readonly top: RawCloud; readonly regionName: string | undefined } {
  const listed = regionsOf(cloud['regions']) ?? fail('regions is not a list of names, or of maps with name and values');
  const own = regionsOf(cloud['region_name']) ?? fail('region_name is neither a name nor a list of names');
  const wanted = scalarText(variables['region_name']);
  const region =
    regionNamed(listed, wanted ?? own[0]?.name) ??
    // As the openstack client does, which asks `regions` alone.
    (wanted === undefined ? listed[0] : undefined) ??
    fail(`region ${wanted} not found; present: ${listed.map((each) => each.name).join(', ')}`);
  const top = mergeClouds([cloud, renamed(region.values), variables, { region_name: region.name }]);
  return { top, regionName: region.name || undefined };
}

function parseAuth(top: RawCloud, fail: Fail): Auth {
  const inside = top['auth'] ?? {};
  if (!isObject(inside)) return fail('auth is not a map');
  const written = { ...pickAuth(top), ...renamed(inside) };
  const completed = withDomains(written, top['default_domain']);
  const { auth_url: url } = completed;
  const { data, error } = Auth.safeParse(
    url === undefined ? completed : { ...completed, auth_url: filledIn(url, top) },
  );
  const [issue] = error?.issues ?? [];
  return data ?? fail(`auth.${issue?.path.join('.')} must be ${issue?.message}`);
}

/** `{region_name}` in a URL stands for that key of the cloud. */
function filledIn(url: unknown, top: RawCloud): unknown {
  return typeof url === 'string'
    ? url.replaceAll(/\{(\w+)\}/g, (all, key: string) => scalarText(top[key]) ?? all)
    : url;
}

/** The URL that is set for a service, by either of its names. */
function endpointUrl(type: ServiceType, top: RawCloud, fail: Fail): string | undefined {
  const key = [`${type}_endpoint_override`, `${type}_endpoint`].find((each) => top[each] !== undefined);
  if (key === undefined) return undefined;
  const url = scalarText(filledIn(top[key], top));
  if (!['http:', 'https:'].includes(URL.parse(url ?? '')?.protocol ?? ''))
    return fail(`${key} is not a URL that begins with http:// or https://`);
  return url?.replace(/\/+$/, '');
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

/** One or several, in the order of preference. `publicURL` is an older form of `public`. */
function interfacesOf(written: unknown): readonly Interface[] | undefined {
  const list = (Array.isArray(written) ? (written as unknown[]) : [written]).map((each) => {
    const plain = scalarText(each)?.replace(/URL$/, '');
    return INTERFACES.find((known) => known === plain);
  });
  return list.length === 0 || list.includes(undefined) ? undefined : (list as readonly Interface[]);
}

const BooleanText = z.union([z.boolean(), z.stringbool()]);

function isVerified({ verify, insecure }: RawCloud): boolean {
  const read = (value: unknown): boolean | undefined => BooleanText.safeParse(value).data;
  return read(insecure) !== true && read(verify) !== false;
}

/** A value of the file, for messages: a word; anything else may be a secret in the wrong place. */
function shown(value: unknown): string {
  const text = scalarText(value);
  return text !== undefined && /^[\w-]{1,40}$/.test(text) ? text : 'not such a word';
}

function scalarText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
