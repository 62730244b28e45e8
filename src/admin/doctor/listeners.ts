/** The ports on which the services listen: free, or in use by the services themselves. */
import type { Exec } from '../../system/exec.ts';
import { failed, type Judgement, ok } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';

interface ServicePort {
  readonly key: 'port_app' | 'port_monitor';
  readonly port: number;
}

export function listenersCheck(exec: Exec, ports: readonly ServicePort[]): DoctorCheck {
  return {
    group: 'configuration',
    name: 'service ports',
    async run() {
      const { stdout } = await exec({ file: 'ss', args: ['-H', '-l', '-t', '-n', '-p'] });
      return ports.map((each) => judgePort(each, stdout));
    },
  };
}

/** `sockets` is the output of `ss -Hltnp`: state, queues, local address with port, peer, processes. */
export function judgePort({ key, port }: ServicePort, sockets: string): Judgement {
  const programs = sockets
    .split('\n')
    .filter((line) => line.split(/\s+/)[3]?.endsWith(`:${port}`))
    .map((line) => /\(\("(?<name>[^"]+)"/.exec(line)?.groups?.['name'] ?? 'another program');
  const check = `${key} ${port}`;
  if (programs.length === 0) return ok(check, 'free');
  const others = programs.filter((name) => !name.startsWith('praas'));
  if (others.length === 0) return ok(check, 'in use by praas');
  const nextStep = `Set ${key} to another port in praas.conf, or stop that program (\`ss -ltnp\` shows it).`;
  return failed(check, `in use by ${[...new Set(others)].join(', ')}`, nextStep);
}
