/** OpenStack, where one is configured: it lets us in, we see all of it, and events can be heard. */
import { judgeSkew } from './clock.ts';
import type { Check } from './examine.ts';
import { type Judgement, ok, skipped, warning, wrong } from './report.ts';

/** What was seen of a cloud. */
export interface CloudView {
  readonly name: string;
  readonly routers: number;
  readonly servers: number;
  /** Whether the account lists projects, as the monitor needs it. */
  readonly seesProjects: boolean;
  /** The Date header of an answer, and when that came. */
  readonly date: string | undefined;
  readonly now: Date;
}

export interface CloudCheckParts {
  /** Undefined where none is configured. Throws the errors of Cloud. */
  readonly view: () => Promise<CloudView | undefined>;
  /** Where events are heard, each as host:port; empty for nowhere. */
  readonly brokers: readonly string[];
  /** Why nobody answers there; undefined where somebody does. */
  readonly whyDeaf: (broker: string) => Promise<string | undefined>;
}

export function cloudChecks({ view, brokers, whyDeaf }: CloudCheckParts): readonly Check[] {
  return [
    {
      group: 'cloud',
      name: 'OpenStack',
      async run() {
        const seen = await view();
        if (seen === undefined) {
          const next_step = 'With one, servers are found by name and followed: see docs/openstack.md.';
          return [skipped('OpenStack', 'no cloud is configured in clouds.yaml', next_step)];
        }
        return [...judgeView(seen), { ...judgeSkew(seen.date, seen.now), check: "clock against the cloud's" }];
      },
    },
    ...brokers.map(
      (broker): Check => ({
        group: 'cloud',
        name: `broker ${broker}`,
        async run() {
          const reason = await whyDeaf(broker);
          if (reason === undefined) return [ok(`broker ${broker}`, 'somebody answers')];
          const next_step = 'Correct `notifications` in praas.conf. Without events, mappings follow servers by sweeps.';
          return [warning(`broker ${broker}`, reason, next_step)];
        },
      }),
    ),
  ];
}

export function judgeView({ name, routers, servers, seesProjects }: CloudView): readonly Judgement[] {
  const role = 'Give the account the role admin, or one that may list what is of every project.';
  return [
    ok('OpenStack', `${name}: ${routers} routers and ${servers} servers are seen`),
    seesProjects
      ? ok('account', 'it sees all projects')
      : warning('account', 'it cannot list projects, so mappings of deleted projects stay', role),
    ...(routers === 0 ? [wrong('routers in OpenStack', 'none is seen', role)] : []),
  ];
}
