/** The --os-* flags, as the openstack client has them. Each overrides the variable of the same name. */
import { Flags } from '@oclif/core';

const flag = (description: string, helpValue: string, hidden = true) =>
  Flags.string({ description, helpGroup: 'OPENSTACK', helpValue, hidden });

export const cloudFlags = {
  'os-cloud': Flags.string({
    description: 'cloud in clouds.yaml to authenticate with, instead of an API token (or OS_CLOUD)',
    helpGroup: 'OPENSTACK',
    helpValue: 'NAME',
  }),
  'os-auth-url': flag(
    'Keystone URL; the other --os-* options and OS_* variables of the openstack client are supported too',
    'URL',
    false,
  ),
  'os-auth-type': flag('authentication type: password, token or v3applicationcredential', 'TYPE'),
  'os-username': flag('user name', 'NAME'),
  'os-user-id': flag('user ID', 'ID'),
  'os-password': flag('password; visible in the process list, unlike clouds.yaml and OS_PASSWORD', 'TEXT'),
  'os-user-domain-name': flag('domain name of the user', 'NAME'),
  'os-user-domain-id': flag('domain ID of the user', 'ID'),
  'os-project-name': flag('project name', 'NAME'),
  'os-project-id': flag('project ID', 'ID'),
  'os-project-domain-name': flag('domain name of the project', 'NAME'),
  'os-project-domain-id': flag('domain ID of the project', 'ID'),
  'os-system-scope': flag('all: authenticate with system scope', 'all'),
  'os-token': flag('Keystone token', 'TOKEN'),
  'os-application-credential-id': flag('application credential ID', 'ID'),
  'os-application-credential-name': flag('application credential name; requires a user', 'NAME'),
  'os-application-credential-secret': flag('application credential secret; visible in the process list', 'TEXT'),
  'os-tenant-name': flag('deprecated alias of --os-project-name', 'NAME'),
  'os-tenant-id': flag('deprecated alias of --os-project-id', 'ID'),
  'os-default-domain': flag('default domain ID', 'ID'),
  'os-identity-api-version': flag('Identity API version (only 3)', '3'),
  'os-endpoint-type': flag('deprecated alias of --os-interface', 'INTERFACE'),
  'os-region-name': flag('region name', 'NAME'),
  'os-interface': flag('endpoint interface: public, internal or admin', 'INTERFACE'),
  'os-cacert': flag('CA certificate (PEM) of the OpenStack services', 'FILE'),
};

type CloudFlag = keyof typeof cloudFlags;
export type CloudFlags = { readonly [F in CloudFlag]?: string | undefined };

/** Values of the flags that were given, by the variable that each overrides. */
export function overridesOf(flags: CloudFlags): Readonly<Record<string, string | undefined>> {
  const names = Object.keys(cloudFlags).filter((name) => name !== 'os-cloud') as CloudFlag[];
  return Object.fromEntries(names.map((name) => [name.toUpperCase().replaceAll('-', '_'), flags[name]]));
}

export function hasCloudFlag(flags: CloudFlags): boolean {
  return Object.keys(cloudFlags).some((name) => flags[name as CloudFlag] !== undefined);
}

/** True if OpenStack credentials are named: by a flag, or by the variables of the openstack client. */
export function namesCloud(flags: CloudFlags, env: NodeJS.ProcessEnv): boolean {
  return hasCloudFlag(flags) || Boolean(env['OS_CLOUD'] || env['OS_AUTH_URL'] || env['OS_CLIENT_CONFIG_FILE']);
}
