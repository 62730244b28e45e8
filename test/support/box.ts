/**
 * A machine with its own systemd for a test: a box of box/ with one router, a client outside and a server behind it, made
 * again at every boot. It ends with the test, however that ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { base } from '../../box/base.ts';
import { boot, cut, keeperOf, shutDown } from '../../box/box.ts';
import { copyIn, type Ended, exec, start } from '../../box/inside.ts';

export const GATEWAY = '203.0.113.10';
export const SERVER_IP = '10.20.0.51';
export const ROUTER_ID = 'a5cf95d6-a37c-47ac-8fc6-dedd015b8edb';
const EXECUTABLE = fileURLToPath(new URL('../../build/praas', import.meta.url));
const here = (name: string): string => fileURLToPath(new URL(`box/${name}`, import.meta.url));
const [ROUTERS, TALKER] = ['/opt/test/routers.sh', '/opt/test/talker.py'];
const ROUTERS_UNIT = `[Unit]
Before=praas-pat-agent.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh ${ROUTERS}
[Install]
WantedBy=multi-user.target
`;
const SERVER_UNIT = `[Unit]
After=test-routers.service
Requires=test-routers.service
[Service]
ExecStart=ip netns exec server python3 ${TALKER} serve 22
[Install]
WantedBy=multi-user.target
`;

const WRITE = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';

const CALL_MS = 60_000;
const FILES = `
find /boot /etc /home /opt /root /srv /usr /var -xdev \\( -path /var/log/journal -o -path /var/lib/systemd -o -path /var/tmp \\
  -o -path /var/cache/ldconfig \\) -prune -o -printf '%p %M %U:%G %l\\n' | sort
find /etc /usr/local /var/lib /root -xdev -path /var/lib/systemd -prune -o -type f -print0 | sort -z | xargs -0 sha256sum`;

/** A talker that goes on. */
export interface Talk<T> {
  /** Ends it; gives what it counted: see talker.py. */
  end(): Promise<T>;
}

export class TestBox {
  readonly #name: string;
  readonly #keeper: ChildProcess;
  #leader = 0;

  private constructor(name: string, keeper: ChildProcess) {
    this.#name = name;
    this.#keeper = keeper;
  }

  /** Switches one on: a Debian with the router, and with the executable of praas as /root/praas. */
  static async up(): Promise<TestBox> {
    const name = `test-${process.pid}-${process.hrtime.bigint() % 1_000_000n}`;
    const [file, ...argv] = keeperOf(name, await base());
    // Its standard input ends with this process, and it with that.
    const keeper = spawn(file, argv, { stdio: ['pipe', 'ignore', 'ignore'] });
    const box = new TestBox(name, keeper);
    try {
      await box.#boot();
      await box.copyIn(here('routers.sh'), ROUTERS);
      await box.copyIn(here('talker.py'), TALKER);
      await box.write('/etc/systemd/system/test-routers.service', ROUTERS_UNIT);
      await box.write('/etc/systemd/system/test-server.service', SERVER_UNIT);
      await box.run('systemctl', 'enable', '--quiet', '--now', 'test-routers', 'test-server');
      await box.copyIn(EXECUTABLE, '/root/praas');
      return box;
    } catch (error) {
      await box.remove();
      throw error;
    }
  }

  /** The process of this machine that is its systemd. */
  get leader(): number {
    return this.#leader;
  }

  /** Runs a program to its end, as root. */
  exec(...argv: readonly string[]): Promise<Ended> {
    return exec(this.#leader, argv);
  }

  /** Gives what it printed; throws when it fails. */
  async run(...argv: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.exec(...argv);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${exitCode}: ${stdout}${stderr}`);
    return stdout;
  }

  async copyIn(from: string, to: string): Promise<void> {
    const { exitCode, stderr } = await copyIn(this.#leader, from, to);
    if (exitCode !== 0) throw new Error(`${to}: ${stderr}`);
  }

  /** Makes a file, and the directories that it needs. */
  async write(path: string, content: string, mode = '644'): Promise<void> {
    const { exitCode, stderr } = await exec(this.#leader, ['sh', '-c', WRITE, 'sh', path, mode], content);
    if (exitCode !== 0) throw new Error(`${path}: ${stderr}`);
  }

  async reboot(): Promise<void> {
    await shutDown(this.#name);
    await this.#boot();
  }

  /** Ends everything in it at once, without a shutdown. */
  async powerCut(): Promise<void> {
    await cut(this.#name);
    await this.#boot();
  }

  /** A property of a unit, as `systemctl show` has it. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.run('systemctl', 'show', '--value', '--property', name, unit)).trim();
  }

  /** Another router with the same addresses, until the next boot; who is outside of it and its server have that suffix. */
  async addRouter(id: string, suffix: string): Promise<void> {
    await this.run('sh', ROUTERS, id, suffix);
    const server = ['ip', 'netns', 'exec', `server${suffix}`, 'python3', TALKER, 'serve', '22'];
    await this.run('systemd-run', '--quiet', `--unit=test-server${suffix}`, ...server);
  }

  /** Who is outside gets an answer of the server from that port of the router. */
  async isOpen(port: number, suffix = ''): Promise<boolean> {
    const call = `import socket; s = socket.create_connection(('${GATEWAY}', ${port}), 2); s.send(b'x'); s.recv(1)`;
    return (await this.exec('ip', 'netns', 'exec', `outside${suffix}`, 'python3', '-c', call)).exitCode === 0;
  }

  /** One connection from outside through which numbers go and come back. */
  async stream(port: number): Promise<Talk<{ readonly sent: number; readonly returned: number }>> {
    const talk = await this.#talk('stream', port);
    return { end: async () => talk.end().then(([sent, returned]) => ({ sent, returned })) };
  }

  /** One connection from outside after the other. */
  async probe(port: number): Promise<Talk<{ readonly made: number; readonly failed: number }>> {
    const talk = await this.#talk('probe', port);
    return { end: async () => talk.end().then(([made, failed]) => ({ made, failed })) };
  }

  /** All files that an installation may change, with what they hold; what systemd writes for itself is left out. */
  async files(): Promise<readonly string[]> {
    return (await this.run('sh', '-c', FILES)).split('\n');
  }

  /** The address of this machine that the box reaches. */
  async host(): Promise<string> {
    const [, address = ''] = /^default via (\S+)/.exec(await this.run('ip', 'route', 'show', 'default')) ?? [];
    return address;
  }

  /** A call of the API of the praas in it, by root's socket. Throws where nothing answers. */
  async api(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }> {
    const socketPath = `/proc/${this.#leader}/root/run/praas/praas.sock`;
    const headers = { 'content-type': 'application/json' };
    const asked = request({ socketPath, method, path, headers, timeout: CALL_MS }).end(body && JSON.stringify(body));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const said = await text(answer);
    return { status: answer.statusCode ?? 0, body: said === '' ? undefined : JSON.parse(said) };
  }

  async remove(): Promise<void> {
    const ended = once(this.#keeper, 'close');
    if (this.#keeper.exitCode !== null) return;
    this.#keeper.stdin?.end();
    await ended;
  }

  async #boot(): Promise<void> {
    this.#leader = await boot(this.#name, (word) => void this.#keeper.stdin?.write(`${word}\n`));
  }

  async #talk(verb: string, port: number): Promise<Talk<readonly [number, number]>> {
    const argv = ['ip', 'netns', 'exec', 'outside', 'python3', TALKER, verb, GATEWAY, String(port)];
    const child = start(this.#leader, argv, ['pipe', 'pipe', 'inherit']);
    if (child.stdout === null || child.stdin === null) throw new Error('no pipes');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => (await lines.next()).value ?? '';
    if ((await next()) !== 'ready') throw new Error(`${verb}: port ${port} does not answer`);
    const input = child.stdin;
    return {
      end: async () => {
        input.end();
        const [all, some] = (await next()).split(' ').map(Number);
        return [all ?? Number.NaN, some ?? Number.NaN];
      },
    };
  }
}

/** Ends both, and fails the test unless every byte came back and every connection was made. */
export async function expectUnbroken(
  stream: Awaited<ReturnType<TestBox['stream']>>,
  probe: Awaited<ReturnType<TestBox['probe']>>,
): Promise<void> {
  const { sent, returned } = await stream.end();
  expect(sent).toBeGreaterThan(1000);
  expect(returned).toBe(sent);
  const { made, failed } = await probe.end();
  expect(made).toBeGreaterThan(10);
  expect(failed).toBe(0);
}
