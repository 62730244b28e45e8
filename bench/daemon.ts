/**
 * `praas serve` for the bench: the executable with state, log, port and token of its own, which may be stopped and started
 * again on the same state. It ends with the bench, however that ends.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { BackendName } from '../src/netfilter/backend.ts';
import { freePort } from '../test/support/daemon.ts';
import { type Running, type Shell, testShell } from '../test/support/executable.ts';
import type { Options } from './row.ts';

/** What clients need to know of it. */
export interface Door {
  readonly port: number;
  readonly token: string;
}

/** Milliseconds since it was executed. */
export interface Arrival {
  readonly listeningMs: number;
  readonly readyMs: number;
}

/** All requests have one token. They take turns as those of every caller do: only -1 would have none. */
const UNLIMITED = { PRAAS_WRITES_PER_MINUTE: '-1', PRAAS_MAX_REQUESTS_PER_CALLER: '1000000' };
const PORT_RANGE = '10000:60000';
const POLL_MS = 50;

export class BenchDaemon implements Door {
  readonly port: number;
  readonly token: string;
  readonly state_dir: string;
  readonly #shell: Shell;
  readonly #ending: AbortSignal;
  #running: Running | undefined;

  private constructor(shell: Shell, door: Door, ending: AbortSignal) {
    this.#shell = shell;
    this.#ending = ending;
    this.port = door.port;
    this.token = door.token;
    this.state_dir = shell.state_dir;
  }

  /** One that has been given a port and an admin's token, and variables of its own, and does not run yet. */
  static async make(
    { later, ending }: Options,
    backend: BackendName,
    settings: NodeJS.ProcessEnv = {},
  ): Promise<BenchDaemon> {
    const port = await freePort();
    const env = { PRAAS_PORT_APP: String(port), PRAAS_ROUTER_PORT_RANGE: PORT_RANGE, ...UNLIMITED, ...settings };
    const wrapper = ['setpriv', '--pdeathsig', 'KILL'];
    const shell = testShell({ backend, env, wrapper });
    later(async () => shell.remove());
    const asked = ['token', 'create', '--name', 'bench', '--role', 'admin', '-f', 'value', '-c', 'Token'];
    const daemon = new BenchDaemon(shell, { port, token: (await shell.ok(...asked)).trim() }, ending);
    later(() => daemon.stop('SIGKILL'));
    return daemon;
  }

  get socketPath(): string {
    return join(this.#shell.directory, 'praas.sock');
  }

  /** The running one's. */
  get pid(): number {
    const pid = this.#running?.process.pid;
    if (pid === undefined) throw new Error('the daemon does not run');
    return pid;
  }

  /** Starts it, and gives how long that took when it has looked after every router. */
  async start(): Promise<Arrival> {
    const start = performance.now();
    const running = this.#shell.start('serve');
    this.#running = running;
    const arrival = { listeningMs: Number.NaN, readyMs: Number.NaN };
    const hear = (text: string): void => {
      for (const [, what] of text.matchAll(/^(listener started|ready)/gm))
        arrival[what === 'ready' ? 'readyMs' : 'listeningMs'] = performance.now() - start;
    };
    running.process.stdout?.on('data', hear);
    while (Number.isNaN(arrival.readyMs)) {
      this.#ending.throwIfAborted();
      const { exitCode, signalCode } = running.process;
      if (exitCode !== null || signalCode !== null) throw new Error(`praas serve: ${(await running.ended).stderr}`);
      await setTimeout(POLL_MS);
    }
    running.process.stdout?.off('data', hear);
    return arrival;
  }

  /** Ends it, if it runs. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.process.kill(signal);
    await running?.ended;
  }
}
