/** The PAT agent, where one runs on this node. */
import type { Check } from './examine.ts';
import { type Judgement, ok, warning, wrong } from './report.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Of what is not as it should be, each with the reason. */
  readonly troubles: readonly string[];
}

const NAME = 'PAT agent';

/** `ask` gives what it says of itself; undefined where none answers on `socket_path`. */
export function daemonCheck(socket_path: string, ask: () => Promise<Readiness | undefined>): Check {
  return {
    group: 'daemon',
    name: NAME,
    needsRoot: true,
    run: async () => [judgeReadiness(socket_path, await ask())],
  };
}

export function judgeReadiness(socket_path: string, readiness: Readiness | undefined): Judgement {
  if (readiness === undefined) {
    const next_step =
      'Run `systemctl start praas-pat-agent` (or `praas serve`); without it nothing expires, and lost rules stay lost.';
    return warning(NAME, `nobody answers on ${socket_path}`, next_step);
  }
  const { ready, troubles } = readiness;
  const detail = troubles.join('; ');
  const next_step = 'Do what it says; `journalctl -u praas-pat-agent` has the whole story.';
  if (!ready) return wrong(NAME, `not ready: ${detail}`, next_step);
  return troubles.length > 0 ? warning(NAME, `ready, but: ${detail}`, next_step) : ok(NAME, 'ready');
}
