/** The login request of Keystone (Identity API v3, Authentication), and its response. Pure. */
import * as z from 'zod';
import type { CloudConfig, ServiceType } from './clouds/cloud-config.ts';

type Named =
  | { readonly id: string }
  | { readonly name: string; readonly domain?: { readonly id: string } | { readonly name: string } };

/** Gives the body of POST /v3/auth/tokens for the account of a cloud. */
export function loginBody({ auth, auth_type }: CloudConfig): unknown {
  const scope = auth_type === 'v3applicationcredential' ? undefined : scopeOf(auth);
  return { auth: { identity: identityOf(auth, auth_type), ...(scope !== undefined && { scope }) } };
}

type Auth = CloudConfig['auth'];

/** Gives the values that no message may repeat. */
export function secretsOf({ auth }: CloudConfig): string[] {
  return [auth.password, auth.token, auth.application_credential_secret].filter((secret) => secret !== undefined);
}

function identityOf(auth: Auth, authType: CloudConfig['auth_type']): unknown {
  if (authType === 'token') return { methods: ['token'], token: { id: auth.token } };
  if (authType === 'v3applicationcredential') {
    const { application_credential_id: id, application_credential_name: name } = auth;
    const secret = auth.application_credential_secret;
    const credential = id === undefined ? { name, secret, user: userOf(auth) } : { id, secret };
    return { methods: ['application_credential'], application_credential: credential };
  }
  return { methods: ['password'], password: { user: { ...userOf(auth), password: auth.password } } };
}

function userOf(auth: Auth): Named {
  return named(auth.user_id, auth.username, auth.user_domain_id, auth.user_domain_name);
}

/** Undefined without a project: a token then keeps the scope that it has. */
function scopeOf(auth: Auth): unknown {
  if (auth.system_scope !== undefined) return { system: { all: true } };
  if (auth.project_id === undefined && auth.project_name === undefined) return undefined;
  return { project: named(auth.project_id, auth.project_name, auth.project_domain_id, auth.project_domain_name) };
}

function named(id?: string, name?: string, domainId?: string, domainName?: string): Named {
  if (id !== undefined) return { id };
  const domain = domainId === undefined ? domainName && { name: domainName } : { id: domainId };
  return { name: name ?? '', ...(domain && { domain }) };
}

const Endpoint = z.object({
  interface: z.string(),
  url: z.string(),
  region: z.string().nullish(),
  region_id: z.string().nullish(),
});
const ServiceCatalog = z.array(z.object({ type: z.string(), endpoints: z.array(Endpoint) }));
export type ServiceCatalog = z.infer<typeof ServiceCatalog>;

/** The fields of a token that are used. */
export const TokenResponse = z.object({
  token: z.object({
    expires_at: z.string(),
    user: z.object({ id: z.string(), name: z.string() }),
    project: z.object({ id: z.string(), name: z.string() }).optional(),
    domain: z.object({ id: z.string(), name: z.string() }).optional(),
    system: z.object({ all: z.boolean().optional() }).optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
    catalog: ServiceCatalog.default([]),
  }),
});

/** The service types by which catalogs list a service. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  network: ['network'],
  compute: ['compute', 'compute_legacy'],
  identity: ['identity', 'identityv3'],
};

/** Gives the URL of a service without a trailing slash: the one that is set, else that of the catalog; undefined when it has none. */
export function endpointOf(catalog: ServiceCatalog, service: ServiceType, config: CloudConfig): string | undefined {
  const { url, region_name = config.region_name, interfaces = config.interfaces } = config.services[service];
  if (url !== undefined) return url;
  const types = TYPES[service] ?? [service];
  const endpoints = catalog.filter(({ type }) => types.includes(type)).flatMap((each) => each.endpoints);
  for (const name of interfaces) {
    const endpoint = endpoints.find(
      (each) =>
        each.interface === name &&
        ['http:', 'https:'].includes(URL.parse(each.url)?.protocol ?? '') &&
        (region_name === undefined || [each.region, each.region_id].includes(region_name)),
    );
    if (endpoint !== undefined) return endpoint.url.replace(/\/+$/, '');
  }
  return undefined;
}
