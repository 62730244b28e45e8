/** The part of the catalogue (errors.ts) that comes with OpenStack: its services, and what a project may publish. */
import { entry, list } from './error-entry.ts';

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
    (f: { what: string }) => `${f.what} needs OpenStack, and this node has no clouds.yaml`,
    () => ['Name the router by its namespace and the server by --server-ip, or see clouds_path in praas.conf.'],
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
  SERVER_NOT_FOUND: entry(
    'NotFound',
    (f: { server: string; known: readonly string[] }) => `no server ${f.server}; there are: ${list(f.known)}`,
    () => ['`praas server list` shows the servers that can be published.'],
  ),
  PORT_NOT_FOUND: entry(
    'NotFound',
    (f: { port: string }) => `no Neutron port ${f.port}`,
    () => ['`praas server list` shows the servers that can be published, with their addresses.'],
  ),
  AMBIGUOUS: entry(
    'Conflict',
    (f: { what: string; candidates: readonly string[] }) => `${f.what} is not clear; there are: ${list(f.candidates)}`,
    () => ['Name one of them by its ID.'],
  ),
  ROUTER_NOT_CONNECTED: entry(
    'Conflict',
    (f: { router: string; server: string; known: readonly string[] }) =>
      `router ${f.router} has no interface on the network of ${f.server}; routers that have one: ${list(f.known)}`,
    () => ['Connect the router to the network (openstack router add subnet), or choose another router.'],
  ),
  QUOTA_EXCEEDED: entry(
    'Conflict',
    (f: { project: string; what: string; limit: number; used: number; asked: number }) =>
      `the quota of project ${f.project} allows ${f.limit} ${f.what}; ${f.used} are there and ${f.asked} more asked for`,
    () => ['Remove a mapping that is not needed, or ask an operator for more (`praas quota set`).'],
  ),
  PROJECT_NOT_FOUND: entry(
    'NotFound',
    (f: { project: string }) => `no project ${f.project}`,
    () => ['`praas quota show` shows the projects that there are for you.'],
  ),
  QUOTAS_DAMAGED: entry(
    'External',
    (f: { path: string; reason: string }) => `the quota file ${f.path} cannot be used: ${f.reason}`,
    (f) => [`Put a good copy at ${f.path}, or remove it: then the quotas of praas.conf hold for every project.`],
  ),
  POLICY_INVALID: entry(
    'Invalid',
    (f: { path: string; reason: string }) => `the policy file ${f.path} cannot be used: ${f.reason}`,
    () => ['docs/policy.md lists the actions and what may stand behind them.'],
  ),
} as const;
