/** Connections to servers, opened with bash in the network namespace of their router. */
import type { Prober } from '../pat/interfaces/prober.ts';
import { COMMAND_NOT_FOUND, toolFailed } from '../system/tool-errors.ts';
import type { Namespaces } from './namespace.ts';

/** Longer than neighbour discovery of the kernel takes to fail (three seconds). */
const TIMEOUT_SECONDS = 4;
/** The exit code of timeout(1) for a program that it has ended. */
const TIMED_OUT = 124;
/** bash opens the connection itself. Address and port are arguments, never part of the program. */
const CONNECT = 'exec 3<>"/dev/tcp/$0/$1"';

/** Connects to servers from the network namespace of their router. */
export class NetfilterProber implements Prober {
  readonly #namespaces: Namespaces;

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces;
  }

  /** Throws ROUTER_NOT_FOUND, TOOL_FAILED, TOOL_MISSING. */
  async connect(routerId: string, serverIp: string, serverPort: number): ReturnType<Prober['connect']> {
    const namespace = await this.#namespaces.resolve(routerId);
    const args = [String(TIMEOUT_SECONDS), 'bash', '--norc', '-c', CONNECT, serverIp, String(serverPort)];
    const result = await this.#namespaces.run(namespace, { file: 'timeout', args });
    const { exitCode, stderr } = result;
    if (exitCode === 0) return 'open';
    if (exitCode === TIMED_OUT) return 'timeout';
    if (exitCode === COMMAND_NOT_FOUND) throw toolFailed('timeout', result);
    if (/refused/i.test(stderr)) return 'refused';
    return /timed out/i.test(stderr) ? 'timeout' : 'unreachable';
  }
}
