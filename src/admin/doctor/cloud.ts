/** OpenStack, where it is configured: whether the login works, what the account can see, and whether the broker is reachable. */
import { judgeOffset } from './clock.ts';
import { type Judgement, ok, skipped, warning } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';

/** What the account of this node sees of the cloud. */
export interface CloudView {
  readonly name: string;
  readonly routers: number;
  readonly servers: number;
  /** Whether the account can list projects, as the monitor needs it. */
  readonly hasProjectList: boolean;
  /** The services that are asked by plain HTTP although Keystone is asked by HTTPS. */
  readonly plainServices: readonly string[];
  /** The Date header of a response, and when it arrived. */
  readonly date: string | undefined;
  readonly now: Date;
}

interface CloudCheckParts {
  /** Gives undefined where no cloud is configured. Throws the errors of Cloud. */
  readonly view: () => Promise<CloudView | undefined>;
  /** The message brokers, each as host:port. */
  readonly brokers: readonly string[];
  /** Why a broker does not accept connections; undefined where it does. */
  readonly connectError: (broker: string) => Promise<string | undefined>;
}

export function cloudChecks({ view, brokers, connectError }: CloudCheckParts): readonly DoctorCheck[] {
  return [
    {
      group: 'cloud',
      name: 'OpenStack',
      async run() {
        const seen = await view();
        if (seen === undefined) {
          const nextStep =
            'Configure a cloud in clouds.yaml to find servers by name and follow them (docs/openstack.md).';
          return [skipped('OpenStack', 'not configured', nextStep)];
        }
        return [...judgeView(seen), judgeOffset(seen.date, seen.now)];
      },
    },
    ...brokers.map(
      (broker): DoctorCheck => ({
        group: 'cloud',
        name: `broker ${broker}`,
        run: async () => [judgeBroker(broker, await connectError(broker))],
      }),
    ),
  ];
}

/** `reason` is why the broker does not accept connections; undefined where it does. */
export function judgeBroker(broker: string, reason: string | undefined): Judgement {
  if (reason === undefined) return ok(`broker ${broker}`, 'reachable');
  const nextStep =
    'Check that the broker is running, and `notifications` in praas.conf; until then mappings follow their servers by periodic sync only.';
  return warning(`broker ${broker}`, `not reachable: ${reason}`, nextStep);
}

export function judgeView({ name, routers, servers, hasProjectList, plainServices }: CloudView): readonly Judgement[] {
  const grant = 'the account the role admin, or a role that can list the resources of all projects.';
  return [
    ok('OpenStack', `${name}: ${routers} routers and ${servers} servers are visible`),
    hasProjectList
      ? ok('account', 'all projects are visible')
      : warning('account', 'cannot list projects: mappings of deleted projects are not removed', `Grant ${grant}`),
    ...(plainServices.length > 0
      ? [
          warning(
            'endpoints',
            `tokens are sent by plain HTTP to ${plainServices.join(', ')}, although auth_url is https://`,
            'Correct the endpoints in the catalog, or set `NAME_endpoint_override` in clouds.yaml.',
          ),
        ]
      : []),
    ...(routers === 0
      ? [warning('routers in OpenStack', 'no routers are visible', `If the cloud has routers, grant ${grant}`)]
      : []),
  ];
}
