/** The units, where systemd runs. */
import type { Exec } from '../../system/exec.ts';
import type { Check } from './examine.ts';
import { type Judgement, ok, skipped, warning, wrong } from './report.ts';

const PROPERTIES = ['LoadState', 'ActiveState', 'UnitFileState', 'NeedDaemonReload', 'NRestarts', 'Result'];
const MANY_RESTARTS = 3;

export interface ServiceParts {
  readonly exec: Exec;
  readonly services: readonly string[];
  /** Whether systemd runs here. */
  readonly isBooted: () => Promise<boolean>;
}

export function serviceChecks({ exec, services, isBooted }: ServiceParts): readonly Check[] {
  return services.map((service) => ({
    group: 'services',
    name: service,
    async run() {
      if (!(await isBooted())) return [skipped(service, 'systemd does not run here')];
      const { stdout } = await exec({
        file: 'systemctl',
        args: ['show', `--property=${PROPERTIES.join(',')}`, service],
      });
      return [
        judgeService(service, new Map(stdout.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]))),
      ];
    },
  }));
}

/** `facts` are properties of systemd. */
export function judgeService(service: string, facts: ReadonlyMap<string, string>): Judgement {
  const [load, active, enabled] = ['LoadState', 'ActiveState', 'UnitFileState'].map((name) => facts.get(name) ?? '');
  const restarts = Number(facts.get('NRestarts') ?? 0);
  const journal = `\`journalctl -u ${service}\` has the whole story.`;
  if (load !== 'loaded') return skipped(service, 'it is not installed', '`praas install` does that.');
  if (active === 'failed' || restarts > MANY_RESTARTS) {
    return wrong(service, `${active}, started again ${restarts} times`, journal);
  }
  if (active !== 'active' && facts.get('Result') === 'exec-condition') {
    return warning(
      service,
      'skipped: no cloud in clouds.yaml',
      `Write one there, then \`systemctl restart ${service}\`.`,
    );
  }
  if (active !== 'active') return wrong(service, `it does not run (${active})`, `Run \`systemctl start ${service}\`.`);
  if (!enabled?.startsWith('enabled')) {
    return warning(
      service,
      `it runs, and will not after the next boot (${enabled})`,
      `Run \`systemctl enable ${service}\`.`,
    );
  }
  if (facts.get('NeedDaemonReload') === 'yes') {
    const next_step = `Run \`systemctl daemon-reload\`, then \`systemctl restart ${service}\`.`;
    return warning(service, 'it runs, and its unit has changed since', next_step);
  }
  return ok(service, 'it runs, and is started at boot');
}
