/**
 * A copy of this machine's files to install into: what is written there is in memory, no other process sees it, and it is gone
 * with the process that holds it. That one ends with its input, so however this process ends. No systemd runs in it. Root.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const SETUP = `set -e
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mount --bind /proc /mnt/root/proc
echo ready
exec cat`;
const TIMEOUT_MS = 60_000;

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export class Machine {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async copy(): Promise<Machine> {
    const holder = spawn('unshare', ['--mount', 'sh', '-c', SETUP], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(holder, 'exit').then(() => {
      throw new Error('there is no copy of this machine: overlay and tmpfs are needed, and root');
    });
    await Promise.race([once(holder.stdout, 'data'), ended]);
    ended.catch(() => {});
    return new Machine(holder);
  }

  /** Runs a script of the shell; output and errors are one text. */
  run(script: string): Ran {
    const words = this.#inside('sh', '-c', `exec 2>&1\n${script}`);
    const env = { PATH: process.env['PATH'], DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    const { status, stdout } = spawnSync('nsenter', words, { encoding: 'utf8', env, timeout: TIMEOUT_MS });
    return { code: status, output: stdout };
  }

  /** Copies a file of this machine to the same path there. */
  bring(path: string): void {
    const input = execFileSync('cat', [path], { maxBuffer: 2 ** 30 });
    execFileSync('nsenter', this.#inside('sh', '-c', `mkdir -p "$(dirname "$1")"; cat > "$1"`, 'sh', path), { input });
  }

  async remove(): Promise<void> {
    const ended = once(this.#holder, 'exit');
    this.#holder.kill();
    await ended;
  }

  #inside(...words: readonly string[]): string[] {
    // --root: where this machine runs in a chroot, the root of the mounts is that of the machine around it.
    return ['--target', String(this.#holder.pid), '--mount', '--root', '--wd', 'chroot', '/mnt/root', ...words];
  }
}
