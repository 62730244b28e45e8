/** How one logs in to Keystone, as its API wants it said (Identity API v3, Authentication). Pure. */
import * as z from 'zod';
import type { CloudConfig } from './clouds/cloud-config.ts';

type Named =
  | { readonly id: string }
  | { readonly name: string; readonly domain?: { readonly id: string } | { readonly name: string } };

/** Gives the body of POST /v3/auth/tokens. */
export function loginBody({ auth, auth_type }: CloudConfig): unknown {
  const scope = auth_type === 'v3applicationcredential' ? undefined : scopeOf(auth);
  return { auth: { identity: identityOf(auth, auth_type), ...(scope !== undefined && { scope }) } };
}

type Auth = CloudConfig['auth'];

/** What no message may repeat. */
export function secretsOf({ auth }: CloudConfig): string[] {
  return [auth.password, auth.token, auth.application_credential_secret].filter((secret) => secret !== undefined);
}

function identityOf(auth: Auth, auth_type: CloudConfig['auth_type']): unknown {
  if (auth_type === 'token') return { methods: ['token'], token: { id: auth.token } };
  if (auth_type === 'v3applicationcredential') {
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

/** An application credential has a scope of its own, and a token keeps what it has when nothing is said. */
function scopeOf(auth: Auth): unknown {
  if (auth.system_scope !== undefined) return { system: { all: true } };
  if (auth.project_id === undefined && auth.project_name === undefined) return undefined;
  return { project: named(auth.project_id, auth.project_name, auth.project_domain_id, auth.project_domain_name) };
}

function named(id?: string, name?: string, domain_id?: string, domain_name?: string): Named {
  if (id !== undefined) return { id };
  const domain = domain_id === undefined ? domain_name && { name: domain_name } : { id: domain_id };
  return { name: name ?? '', ...(domain && { domain }) };
}

const Endpoint = z.object({
  interface: z.string(),
  url: z.string(),
  region: z.string().nullish(),
  region_id: z.string().nullish(),
});
const Catalogue = z.array(z.object({ type: z.string(), endpoints: z.array(Endpoint) }));
export type Catalogue = z.infer<typeof Catalogue>;

/** What Keystone says of a token, as far as it is used. */
export const TokenAnswer = z.object({
  token: z.object({
    expires_at: z.string(),
    user: z.object({ id: z.string(), name: z.string() }),
    project: z.object({ id: z.string(), name: z.string() }).optional(),
    system: z.object({ all: z.boolean().optional() }).optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
    catalog: Catalogue.default([]),
  }),
});

/** Other names that catalogues give to the same service. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  network: ['network'],
  compute: ['compute', 'compute_legacy'],
  identity: ['identity', 'identityv3'],
};

/** The URL of a service, without a slash at its end; undefined when the catalogue has none. */
export function endpointOf(
  catalogue: Catalogue,
  service: string,
  { interface: face, region_name }: CloudConfig,
): string | undefined {
  const types = TYPES[service] ?? [service];
  const endpoints = catalogue.filter(({ type }) => types.includes(type)).flatMap((each) => each.endpoints);
  const found = endpoints.find(
    (endpoint) =>
      endpoint.interface === face &&
      ['http:', 'https:'].includes(URL.parse(endpoint.url)?.protocol ?? '') &&
      (region_name === undefined || [endpoint.region, endpoint.region_id].includes(region_name)),
  );
  return found?.url.replace(/\/+$/, '');
}
