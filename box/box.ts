/**
 * A box: a Debian 12 with its own systemd, files, processes and network on this machine. It is switched on, off, and cut off,
 * and has what it had before; when whoever keeps it ends, it is gone.
 */
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LabError, run, succeeds } from '../lab/shell.ts';
import { type Ended, exec, leaderOf } from './inside.ts';

const KEEPER = fileURLToPath(new URL('keeper.sh', import.meta.url));
const BOOT_SECONDS = 60;
const STOP_SECONDS = 30;
const POLL_MS = 50;
const UP = ['running', 'degraded'];
const LAST_NETWORK = 250;

/** Says a word to the keeper of a box; see keeper.sh. */
export type Tell = (word: 'boot') => void;

/** The command of its keeper, which reads words; what it started ends with it, however that comes. */
export function keeperOf(name: string, base: string): readonly [string, ...string[]] {
  const apart = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];
  return ['unshare', ...apart, KEEPER, name, base];
}

/** Switches it on, and waits until all that is to be started has been. */
export async function boot(name: string, tell: Tell): Promise<number> {
  tell('boot');
  const leader = await within(BOOT_SECONDS, `${name} begins to boot`, () => leaderOf(name));
  await link(name, leader);
  await within(BOOT_SECONDS, `${name} boots`, async () => UP.includes(await stateOf(leader)));
  return leader;
}

/** Switches it off in good order. */
export async function shutDown(name: string): Promise<void> {
  const leader = leaderOf(name);
  if (leader === undefined) return;
  await exec(leader, ['systemctl', 'poweroff']);
  await within(STOP_SECONDS, `${name} shuts down`, () => leaderOf(name) === undefined);
}

/** Cuts it off: the kernel ends all that runs in it at once. */
export async function cut(name: string): Promise<void> {
  const leader = leaderOf(name);
  if (leader === undefined) return;
  process.kill(leader, 'SIGKILL');
  await within(STOP_SECONDS, `${name} ends`, () => leaderOf(name) === undefined);
}

/** What its systemd says of itself. */
export async function stateOf(leader: number): Promise<string> {
  const { stdout }: Ended = await exec(leader, ['systemctl', 'is-system-running']);
  return stdout.trim();
}

/**
 * A cable to this machine, which has 10.214.N.1, and the box 10.214.N.2. The kernel knows which N is free; a box mostly
 * gets the same one at its next boot. Nothing leads further.
 */
async function link(name: string, leader: number): Promise<void> {
  const first = Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % LAST_NETWORK, 7);
  for (let tries = 0; tries < LAST_NETWORK; tries++) {
    const number = ((first + tries) % LAST_NETWORK) + 1;
    const device = `praas-box${number}`;
    const cable = ['type', 'veth', 'peer', 'name', 'host0', 'netns', `${leader}`];
    if (!(await succeeds('ip', 'link', 'add', device, ...cable))) continue;
    const [here, there] = [`10.214.${number}.1`, `10.214.${number}.2`];
    await run(['ip', 'address', 'add', `${here}/30`, 'dev', device]);
    await run(['ip', 'link', 'set', device, 'up']);
    for (const words of [`address add ${there}/30 dev host0`, 'link set host0 up', `route add default via ${here}`]) {
      await run(['nsenter', '--target', `${leader}`, '--net', 'ip', ...words.split(' ')]);
    }
    return;
  }
  throw new LabError(`${name}: no network is free`);
}

async function within<T>(seconds: number, what: string, ask: () => Promise<T> | T): Promise<NonNullable<T>> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (performance.now() > end) throw new LabError(`${what}: not within ${seconds} s`);
    await setTimeout(POLL_MS);
  }
}
