/** What can go wrong with OpenStack's services. */
import { entry, HIDDEN, hiding } from './entry.ts';

/** What to do about the status of a refusal. */
const REFUSAL_STEPS: Readonly<Record<number, string>> = {
  401: 'Check user, password, project and domains in clouds.yaml.',
  403: 'Grant the account the role admin, or a role that can list the resources of all projects.',
};

const CONFLICT = 409;

function redactedRefusal<F extends { status: number; type?: string | undefined }>(facts: F): F {
  return { ...facts, reason: HIDDEN, type: facts.status === CONFLICT ? facts.type : undefined };
}

export const CLOUD_ERRORS = {
  CLOUD_CONFIG_INVALID: entry(
    'Invalid',
    (f: { where: string; reason: string }) => `invalid cloud configuration in ${f.where}: ${f.reason}`,
    () => ['Correct clouds.yaml, the OS_* variables or the --os-* options.'],
    hiding({ where: 'clouds.yaml', reason: HIDDEN }),
  ),
  CLOUD_NOT_CONFIGURED: entry(
    'Invalid',
    (f: { path: string; exists: boolean }) =>
      `OpenStack is not configured: ${f.path} ${f.exists ? 'contains no cloud' : 'not found'}`,
    () => ['Set clouds_path in praas.conf to a clouds.yaml with the cloud of this node.'],
    hiding({ path: 'clouds.yaml' }),
  ),
  CLOUD_UNAVAILABLE: entry(
    'Unavailable',
    (f: { service: string; reason: string }) => `OpenStack ${f.service} service unavailable: ${f.reason}`,
    () => ['Check that the service is running, then try again.'],
    hiding({ reason: HIDDEN }),
  ),
  CLOUD_REFUSED: entry(
    'External',
    // `type`: the service's own name of the refusal, such as OverQuota.
    (f: { service: string; status: number; reason: string; type?: string | undefined }) =>
      `request refused by the OpenStack ${f.service} service: HTTP ${f.status}${f.type ? ` (${f.type})` : ''}: ${f.reason}`,
    (f) => [REFUSAL_STEPS[f.status] ?? 'Correct what the service names, then try again.'],
    // The account of the node asks, which sees all projects: what a service says may name resources of others. Of a conflict, which
    // is about what the requester wants, the type is told.
    { redact: (f, { seesAll }) => (seesAll ? f : redactedRefusal(f)) },
  ),
  CLOUD_BAD_RESPONSE: entry(
    'External',
    (f: { service: string; reason: string }) =>
      `unexpected response from the OpenStack ${f.service} service: ${f.reason}`,
    () => ['Check auth_url, region_name and interface in clouds.yaml, and any proxy in front of the service.'],
    hiding({ reason: HIDDEN }),
  ),
  CLOUD_LOGIN_FAILED: entry(
    'Unauthenticated',
    (f: { url: string; reason: string }) => `authentication at ${f.url} failed: ${f.reason}`,
    () => ['Check user, password, project and domains in clouds.yaml or the OS_* variables.'],
    hiding({ url: 'Keystone', reason: HIDDEN }),
  ),
} as const;
