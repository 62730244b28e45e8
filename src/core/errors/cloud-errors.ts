/** What can go wrong with OpenStack's services. */
import { entry } from './entry.ts';

export const CLOUD_ERRORS = {
  CLOUD_CONFIG_INVALID: entry(
    'Invalid',
    (f: { where: string; reason: string }) => `${f.where}: ${f.reason}`,
    () => [
      'clouds.yaml is written as for the openstack client; `praas --help` of the command lists the --os-* options.',
    ],
  ),
  CLOUD_NOT_CONFIGURED: entry(
    'Invalid',
    (f: { path: string; exists: boolean }) =>
      `OpenStack is not configured: ${f.path} ${f.exists ? 'contains no cloud' : 'not found'}`,
    () => ['Set clouds_path in praas.conf to a clouds.yaml with the cloud of this node.'],
    (f) => ({ ...f, path: 'clouds.yaml' }),
  ),
  CLOUD_UNAVAILABLE: entry(
    'Unavailable',
    (f: { service: string; reason: string }) => `OpenStack (${f.service}) cannot be asked now: ${f.reason}`,
    () => ['Try again in a moment; `praas pat list` and `praas pat delete` work meanwhile.'],
  ),
  CLOUD_REFUSED: entry(
    'External',
    (f: { service: string; status: number; reason: string }) =>
      `OpenStack (${f.service}) refuses with ${f.status}: ${f.reason}`,
    () => ['Check the account in clouds.yaml: it needs to see all projects (role admin, or a service role).'],
  ),
  CLOUD_MISUNDERSTOOD: entry(
    'External',
    (f: { service: string; reason: string }) => `OpenStack (${f.service}) answers as no such service does: ${f.reason}`,
    () => ['Check auth_url, region_name and interface in clouds.yaml, and what stands before the service.'],
  ),
  CLOUD_LOGIN_FAILED: entry(
    'Unauthenticated',
    (f: { url: string; reason: string }) => `Keystone at ${f.url} does not let in: ${f.reason}`,
    () => ['Check user, password, project and domains in clouds.yaml or the OS_* variables.'],
  ),
} as const;
