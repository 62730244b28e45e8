/** Whether the PAT agent runs on this node, and whether it is ready. */
import { failed, type Judgement, ok, warning } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';

export interface Readiness {
  readonly isReady: boolean;
  /** Its own checks that failed, each with the reason. */
  readonly failures: readonly string[];
}

const NAME = 'PAT agent';

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
  const { isReady, failures } = readiness;
  const nextStep = 'Correct the cause; `journalctl -u praas-pat-agent` has the details.';
  if (!isReady) return failed(NAME, `not ready: ${failures.join('; ')}`, nextStep);
  return failures.length > 0
    ? warning(NAME, `ready, but degraded: ${failures.join('; ')}`, nextStep)
    : ok(NAME, 'ready');
}
