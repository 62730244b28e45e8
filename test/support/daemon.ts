/**
 * `praas serve` as it runs on a node: the executable, with state, log, socket, tokens and port of its own. A test may kill
 * it, start it again on the same state, and ask it over HTTP as a program does.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Ended, type Running, type Shell, type ShellOptions, testShell, waitUntil } from './executable.ts';

export interface Reply<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface AskOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the admin's. */
  readonly token?: string | undefined;
}

export interface DaemonOptions extends ShellOptions {
  /** Starts it with this instead of waiting until every router has been looked after. */
  readonly until?: string;
  /** Flags of `praas serve`. */
  readonly flags?: readonly string[];
}

export class TestDaemon {
  readonly shell: Shell;
  readonly url: string;
  readonly socket_path: string;
  readonly #until: string;
  readonly #flags: readonly string[];
  #running: Running | undefined;
  #said = '';
  #token = '';

  private constructor(shell: Shell, port: number, { until = 'ready', flags = [] }: DaemonOptions) {
    this.#flags = flags;
    this.shell = shell;
    this.url = `http://127.0.0.1:${port}`;
    this.socket_path = join(shell.directory, 'run', 'praas.sock');
    this.#until = until;
  }

  /** A daemon that has looked after every router, and a token of an admin. */
  static async start(options: DaemonOptions = {}): Promise<TestDaemon> {
    const port = await freePort();
    const bare = testShell(options);
    const shell = bare.with({
      env: {
        ...options.env,
        PRAAS_PORT_APP: String(port),
        PRAAS_SOCKET_PATH: join(bare.directory, 'run', 'praas.sock'),
        PRAAS_TOKENS_PATH: join(bare.directory, 'tokens.json'),
      },
    });
    const daemon = new TestDaemon(shell, port, options);
    daemon.#token = (
      await shell.ok('token', 'create', '--name', 'test', '--role', 'admin', '-f', 'value', '-c', 'Token')
    ).trim();
    try {
      await daemon.begin();
    } catch (error) {
      shell.remove();
      throw error;
    }
    return daemon;
  }

  get pid(): number {
    return this.#running?.process.pid ?? 0;
  }

  /** Everything that it has printed since it began. */
  get said(): string {
    return this.#said;
  }

  /** Starts it again on the same state, after stop or kill. */
  async begin(): Promise<void> {
    const running = this.shell.start('serve', ...this.#flags);
    this.#running = running;
    this.#said = '';
    running.process.stdout?.on('data', (text: string) => {
      this.#said += text;
    });
    let hasEnded = false;
    const ended = running.ended.finally(() => {
      hasEnded = true;
    });
    await waitUntil(() => hasEnded || this.#said.includes(this.#until));
    if (!hasEnded) return;
    const { code, stderr } = await ended;
    throw new Error(`praas serve ended with ${code}\n${stderr}`);
  }

  /** Resolves when it has printed this since it began. */
  async says(text: string): Promise<void> {
    await waitUntil(() => this.#said.includes(text));
  }

  signal(name: NodeJS.Signals): void {
    this.#running?.process.kill(name);
  }

  /** Asks it to stop, gives how it ended. */
  async stop(name: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    const running = this.#running;
    if (running === undefined) throw new Error('the daemon is not running');
    this.#running = undefined;
    running.process.kill(name);
    return running.ended;
  }

  /** As a power cut ends it. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** One request as an admin, or with another token (undefined: none). */
  async ask<T = unknown>(method: string, path: string, options: AskOptions = {}): Promise<Reply<T>> {
    const token = 'token' in options ? options.token : this.#token;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(options.body !== undefined && { 'Content-Type': 'application/json' }),
        ...(token !== undefined && { 'X-Auth-Token': token }),
        ...options.headers,
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('Content-Type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** The value of a metric with exactly these labels as written; 0 when it is not there. */
  async metric(name: string): Promise<number> {
    const { body } = await this.ask<string>('GET', '/metrics');
    const line = body.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length) ?? 0);
  }

  /** Ends it in any case and takes away everything of it. */
  async remove(): Promise<void> {
    if (this.#running) await this.kill();
    this.shell.remove();
  }
}

/** A TCP port on loopback that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port was given');
  return address.port;
}
