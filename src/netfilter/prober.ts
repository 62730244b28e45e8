import { praasError } from '../pat/errors.ts';
import type { Prober } from '../pat/interfaces/prober.ts';
import type { Namespaces } from './namespace.ts';

/** Longer than the kernel looks for a neighbour that is not there (three seconds). */
const TIMEOUT_SECONDS = 4;
/** What timeout(1) ends with when it had to end what it ran. */
const TIMED_OUT = 124;
const NOT_FOUND = 127;
/** bash opens the connection by itself; address and port come as arguments, never as part of the program. */
const CONNECT = 'exec 3<>"/dev/tcp/$0/$1"';

export class NetfilterProber implements Prober {
  readonly #namespaces: Namespaces;

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces;
  }

  async connect(router_id: string, server_ip: string, server_port: number): ReturnType<Prober['connect']> {
    const namespace = await this.#namespaces.resolve(router_id);
    const args = [String(TIMEOUT_SECONDS), 'bash', '--norc', '-c', CONNECT, server_ip, String(server_port)];
    const { exitCode, stderr } = await this.#namespaces.run(namespace, { file: 'timeout', args });
    if (exitCode === 0) return 'open';
    if (exitCode === TIMED_OUT) return 'timeout';
    if (exitCode === NOT_FOUND)
      throw praasError('TOOL_FAILED', { command: 'timeout', exit_code: exitCode, output: stderr.trim() });
    if (/refused/i.test(stderr)) return 'refused';
    return /timed out/i.test(stderr) ? 'timeout' : 'unreachable';
  }
}
