/** The units of praas, where systemd runs. */
import type { Exec } from '../../system/exec.ts';
import { failed, type Judgement, ok, skipped, warning } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';

const PROPERTIES = ['LoadState', 'ActiveState', 'UnitFileState', 'NeedDaemonReload', 'NRestarts', 'Result'];
const MAX_RESTARTS = 3;

interface ServiceCheckParts {
  readonly exec: Exec;
  readonly services: readonly string[];
  /** Whether systemd runs on this node. */
  readonly isBooted: () => Promise<boolean>;
}

export function serviceChecks({ exec, services, isBooted }: ServiceCheckParts): readonly DoctorCheck[] {
  return services.map((service) => ({
    group: 'services',
    name: service,
    async run() {
      if (!(await isBooted())) return [skipped(service, 'systemd is not running')];
      const { stdout } = await exec({
        file: 'systemctl',
        args: ['show', `--property=${PROPERTIES.join(',')}`, service],
      });
      const lines = stdout.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]);
      return [judgeService(service, new Map(lines))];
    },
  }));
}

/** `properties` are those of systemd. */
export function judgeService(service: string, properties: ReadonlyMap<string, string>): Judgement {
  const [load = '', active = '', enabled = ''] = ['LoadState', 'ActiveState', 'UnitFileState'].map((name) =>
    properties.get(name),
  );
  const restarts = Number(properties.get('NRestarts') ?? 0);
  if (load !== 'loaded') return skipped(service, 'not installed', 'Run `praas install`.');
  if (active === 'failed' || restarts > MAX_RESTARTS) {
    return failed(service, `${active}, restarted ${restarts} times`, `Run \`journalctl -u ${service}\` to see why.`);
  }
  if (active !== 'active' && properties.get('Result') === 'exec-condition') {
    const nextStep = `Configure a cloud in clouds.yaml, then run \`systemctl restart ${service}\`.`;
    return warning(service, 'not started: OpenStack is not configured', nextStep);
  }
  if (active !== 'active') return failed(service, `not running (${active})`, `Run \`systemctl start ${service}\`.`);
  if (!enabled.startsWith('enabled')) {
    return warning(service, `running, but not started at boot (${enabled})`, `Run \`systemctl enable ${service}\`.`);
  }
  if (properties.get('NeedDaemonReload') === 'yes') {
    const nextStep = `Run \`systemctl daemon-reload\`, then \`systemctl restart ${service}\`.`;
    return warning(service, 'running, but its unit file has changed since it was started', nextStep);
  }
  return ok(service, 'running, started at boot');
}
