/** The OS_* variables and --os-* options, as keys of clouds.yaml. Pure. */

/** A cloud as it is written, before validation: keys of clouds.yaml. */
export type RawCloud = Readonly<Record<string, unknown>>;

/** The key of `auth` for each variable; of two variables for one key, the first that is set is used. */
const AUTH: readonly (readonly [variable: string, key: string])[] = [
  ['OS_AUTH_URL', 'auth_url'],
  ['OS_USERNAME', 'username'],
  ['OS_USER_ID', 'user_id'],
  ['OS_PASSWORD', 'password'],
  ['OS_USER_DOMAIN_NAME', 'user_domain_name'],
  ['OS_USER_DOMAIN_ID', 'user_domain_id'],
  ['OS_PROJECT_NAME', 'project_name'],
  ['OS_TENANT_NAME', 'project_name'],
  ['OS_PROJECT_ID', 'project_id'],
  ['OS_TENANT_ID', 'project_id'],
  ['OS_PROJECT_DOMAIN_NAME', 'project_domain_name'],
  ['OS_PROJECT_DOMAIN_ID', 'project_domain_id'],
  ['OS_SYSTEM_SCOPE', 'system_scope'],
  ['OS_TOKEN', 'token'],
  ['OS_APPLICATION_CREDENTIAL_ID', 'application_credential_id'],
  ['OS_APPLICATION_CREDENTIAL_NAME', 'application_credential_name'],
  ['OS_APPLICATION_CREDENTIAL_SECRET', 'application_credential_secret'],
];
const OTHER: readonly (readonly [variable: string, key: string])[] = [
  ['OS_AUTH_TYPE', 'auth_type'],
  ['OS_REGION_NAME', 'region_name'],
  ['OS_INTERFACE', 'interface'],
  ['OS_ENDPOINT_TYPE', 'interface'],
  ['OS_CACERT', 'cacert'],
  ['OS_INSECURE', 'insecure'],
  ['OS_DEFAULT_DOMAIN', 'default_domain'],
  ['OS_DEFAULT_DOMAIN_ID', 'default_domain'],
  ['OS_IDENTITY_API_VERSION', 'identity_api_version'],
];

/** The names of all variables that are read, besides OS_CLOUD and those that name files. */
export const VARIABLES: readonly string[] = [...AUTH, ...OTHER].map(([variable]) => variable);

/** Takes values by variable, gives the cloud that they describe. Empty values are ignored. */
export function cloudFromVariables(values: Readonly<Record<string, string | undefined>>): RawCloud {
  const auth = pick(values, AUTH);
  return { ...pick(values, OTHER), ...(Object.keys(auth).length > 0 && { auth }) };
}

function pick(values: Readonly<Record<string, string | undefined>>, table: typeof AUTH): Record<string, string> {
  const cloud: Record<string, string> = {};
  for (const [variable, key] of table) {
    const value = values[variable];
    if (value !== undefined && value !== '') cloud[key] ??= value;
  }
  return cloud;
}
