/** One cloud: the URL of its Keystone and the account that logs in there. All forms of configuration end as this type. */
import * as z from 'zod';

const Text = z.string('text').min(1, 'text that is not empty');
/** YAML parses passwords and names that consist of digits as numbers. */
const TextOrNumber = z.union([Text, z.number().transform(String)], 'text');

export const Auth = z.object({
  auth_url: z.url({ protocol: /^https?$/, error: 'the URL of Keystone, such as http://controller:5000/v3' }),
  username: TextOrNumber.optional(),
  user_id: TextOrNumber.optional(),
  password: TextOrNumber.optional(),
  user_domain_name: TextOrNumber.optional(),
  user_domain_id: TextOrNumber.optional(),
  project_name: TextOrNumber.optional(),
  project_id: TextOrNumber.optional(),
  project_domain_name: TextOrNumber.optional(),
  project_domain_id: TextOrNumber.optional(),
  system_scope: z.literal('all', 'all').optional(),
  token: TextOrNumber.optional(),
  application_credential_id: TextOrNumber.optional(),
  application_credential_name: TextOrNumber.optional(),
  application_credential_secret: TextOrNumber.optional(),
});
export type Auth = z.infer<typeof Auth>;

export const AUTH_TYPES = ['password', 'token', 'v3applicationcredential'] as const;
export const INTERFACES = ['public', 'internal', 'admin'] as const;
export type Interface = (typeof INTERFACES)[number];
export const SERVICE_TYPES = ['identity', 'network', 'compute'] as const;
export type ServiceType = (typeof SERVICE_TYPES)[number];

export interface ServiceSettings {
  /** Used instead of the URL in the catalog. */
  readonly url?: string | undefined;
  readonly interfaces?: readonly Interface[] | undefined;
  readonly region_name?: string | undefined;
}

export interface CloudConfig {
  readonly name: string;
  /** The file, or `environment`, for messages. */
  readonly where: string;
  readonly auth_type: (typeof AUTH_TYPES)[number];
  readonly auth: Auth;
  readonly region_name?: string | undefined;
  /** In the order of preference: the first one that the catalog has is used. At least one. */
  readonly interfaces: readonly Interface[];
  /** What is set for one service alone: `network_endpoint_override`, `compute_region_name`. */
  readonly services: Readonly<Record<ServiceType, ServiceSettings>>;
  /** The path of a PEM file. */
  readonly cacert?: string | undefined;
  /** False: any certificate is accepted. */
  readonly verify: boolean;
  /** What was passed over, in sentences for the log. */
  readonly notes: readonly string[];
}
