/** One cloud: where its Keystone is and who logs in there. Every way of writing that down ends as this. */
import * as z from 'zod';

const Text = z.string('text').min(1, 'not empty');
/** YAML makes numbers of passwords and names that look like them. */
const Loose = z.union([Text, z.number().transform(String)], 'text');

export const Auth = z.object({
  auth_url: z.url({ protocol: /^https?$/, error: 'the address of Keystone, such as http://controller:5000/v3' }),
  username: Loose.optional(),
  user_id: Loose.optional(),
  password: Loose.optional(),
  user_domain_name: Loose.optional(),
  user_domain_id: Loose.optional(),
  project_name: Loose.optional(),
  project_id: Loose.optional(),
  project_domain_name: Loose.optional(),
  project_domain_id: Loose.optional(),
  system_scope: z.literal('all', 'all').optional(),
  token: Loose.optional(),
  application_credential_id: Loose.optional(),
  application_credential_name: Loose.optional(),
  application_credential_secret: Loose.optional(),
});
export type Auth = z.infer<typeof Auth>;

export const AUTH_TYPES = ['password', 'token', 'v3applicationcredential'] as const;
export const INTERFACES = ['public', 'internal', 'admin'] as const;

export interface CloudConfig {
  readonly name: string;
  /** The file or `environment`, for messages. */
  readonly where: string;
  readonly auth_type: (typeof AUTH_TYPES)[number];
  readonly auth: Auth;
  readonly region_name?: string | undefined;
  readonly interface: (typeof INTERFACES)[number];
  /** Path of a PEM file. */
  readonly cacert?: string | undefined;
  /** False: any certificate will do. */
  readonly verify: boolean;
}
