/** Whether the agents run on this node, and whether they are ready. */
import { failed, type Judgement, ok, warning } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';

export interface Readiness {
  readonly isReady: boolean;
  /** Its own checks that failed, each with the reason. */
  readonly failures: readonly string[];
}

const NAME = 'PAT agent';
const MONITOR = 'monitor agent';

/** `ask` gives what the agent answers at /readyz; undefined where nothing responds on `socketPath`. */
export function patAgentCheck(socketPath: string, ask: () => Promise<Readiness | undefined>): DoctorCheck {
  return {
    group: 'daemon',
    name: NAME,
    needsRoot: true,
    run: async () => [judgeReadiness(socketPath, await ask())],
  };
}

export function judgeReadiness(socketPath: string, readiness: Readiness | undefined): Judgement {
  if (readiness === undefined) {
    const nextStep =
      'Run `systemctl start praas-pat-agent` or `praas serve`; until then mappings do not expire and missing rules are not restored.';
    return warning(NAME, `not running: no response on ${socketPath}`, nextStep);
  }
  return judgeAnswer(NAME, 'praas-pat-agent', readiness);
}

/** As patAgentCheck; a monitor agent that does not run is none of its findings, because the PAT agent may have the monitor. */
export function monitorAgentCheck(ask: () => Promise<Readiness | undefined>): DoctorCheck {
  return {
    group: 'daemon',
    name: MONITOR,
    async run() {
      const readiness = await ask();
      return readiness === undefined ? [] : [judgeMonitor(readiness)];
    },
  };
}

export function judgeMonitor(readiness: Readiness): Judgement {
  return judgeAnswer(MONITOR, 'praas-monitor-agent', readiness);
}

function judgeAnswer(name: string, unit: string, { isReady, failures }: Readiness): Judgement {
  const nextStep = `Correct the cause; \`journalctl -u ${unit}\` has the details.`;
  if (!isReady) return failed(name, `not ready: ${failures.join('; ')}`, nextStep);
  return failures.length > 0
    ? warning(name, `ready, but degraded: ${failures.join('; ')}`, nextStep)
    : ok(name, 'ready');
}
