/** The ports on which the services listen: free, or theirs already. */
import type { Exec } from '../../system/exec.ts';
import type { Check } from './examine.ts';
import { type Judgement, ok, wrong } from './report.ts';

export interface Wish {
  readonly key: 'port_app' | 'port_monitor';
  readonly port: number;
}

export function listenersCheck(exec: Exec, wishes: readonly Wish[]): Check {
  return {
    group: 'configuration',
    name: 'ports of the services',
    async run() {
      const { stdout } = await exec({ file: 'ss', args: ['-H', '-l', '-t', '-n', '-p'] });
      return wishes.map((wish) => judgePort(wish, stdout));
    },
  };
}

/** `said` is what `ss -Hltnp` says: state, queues, local address with port, peer, processes. */
export function judgePort({ key, port }: Wish, said: string): Judgement {
  const holders = said
    .split('\n')
    .filter((line) => line.split(/\s+/)[3]?.endsWith(`:${port}`))
    .map((line) => /\(\("(?<name>[^"]+)"/.exec(line)?.groups?.['name'] ?? 'another program');
  const check = `${key} ${port}`;
  if (holders.length === 0) return ok(check, 'free');
  const strangers = holders.filter((name) => !name.startsWith('praas'));
  if (strangers.length === 0) return ok(check, 'praas listens');
  const next_step = `Give ${key} another value in praas.conf, or end that program; \`ss -ltnp\` shows it.`;
  return wrong(check, `${[...new Set(strangers)].join(', ')} listens there`, next_step);
}
