/** The --os-* flags, as the openstack client has them. Each overrides the variable of the same name. */
import { Flags } from '@oclif/core';

const flag = (description: string, helpValue: string, hidden = true) =>
  Flags.string({ description, helpGroup: 'OPENSTACK', helpValue, hidden });

export const cloudFlags = {
  'os-cloud': Flags.string({
    description: 'log in at --url as this cloud of clouds.yaml says, instead of with a token of praas (or OS_CLOUD)',
    helpGroup: 'OPENSTACK',
    helpValue: 'NAME',
  }),
  'os-auth-url': flag(
    'address of Keystone; all --os-* flags and OS_* variables of the openstack client are taken',
    'URL',
    false,
  ),
  'os-auth-type': flag('password, token or v3applicationcredential', 'TYPE'),
  'os-username': flag('user to log in as', 'NAME'),
  'os-user-id': flag('the same by its ID', 'ID'),
  'os-password': flag(
    'password of the user; words are seen by everybody (ps), clouds.yaml and OS_PASSWORD are not',
    'TEXT',
  ),
  'os-user-domain-name': flag('domain of the user', 'NAME'),
  'os-user-domain-id': flag('the same by its ID', 'ID'),
  'os-project-name': flag('project to work in', 'NAME'),
  'os-project-id': flag('the same by its ID', 'ID'),
  'os-project-domain-name': flag('domain of the project', 'NAME'),
  'os-project-domain-id': flag('the same by its ID', 'ID'),
  'os-system-scope': flag('all: work on the whole system instead of a project', 'all'),
  'os-token': flag('token to log in with', 'TOKEN'),
  'os-application-credential-id': flag('application credential to log in with', 'ID'),
  'os-application-credential-name': flag('the same by its name, with the user', 'NAME'),
  'os-application-credential-secret': flag('its secret', 'TEXT'),
  'os-tenant-name': flag('old name of --os-project-name', 'NAME'),
  'os-tenant-id': flag('old name of --os-project-id', 'ID'),
  'os-default-domain': flag('domain where none is said', 'ID'),
  'os-identity-api-version': flag('3, the only one', '3'),
  'os-endpoint-type': flag('old name of --os-interface', 'WORD'),
  'os-region-name': flag('region of the services', 'NAME'),
  'os-interface': flag('public, internal or admin', 'WORD'),
  'os-cacert': flag('PEM file of the authority that signed the certificate of Keystone', 'FILE'),
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

/** Whether somebody has said who they are in OpenStack: by a flag, or by the variables of the openstack client. */
export function namesCloud(flags: CloudFlags, env: NodeJS.ProcessEnv): boolean {
  return hasCloudFlag(flags) || Boolean(env['OS_CLOUD'] || env['OS_AUTH_URL'] || env['OS_CLIENT_CONFIG_FILE']);
}
