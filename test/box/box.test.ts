/** The box itself: what the tests beside this one stand on. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { leaderOf } from '../../box/inside.ts';
import { GATEWAY, ROUTER_ID, SERVER_IP, TestBox } from '../support/box.ts';
import { idOf } from '../support/samples.ts';

let box: TestBox;
beforeAll(async () => {
  box = await TestBox.up();
});
afterAll(() => box?.remove());

const IN_ROUTER = ['ip', 'netns', 'exec', `qrouter-${ROUTER_ID}`];
const RULE = ['-d', GATEWAY, '-p', 'tcp', '--dport', '4022', '-j', 'DNAT', '--to', `${SERVER_IP}:22`];
const publish = (verb: string): Promise<string> =>
  box.run(...IN_ROUTER, 'iptables', '-t', 'nat', verb, 'PREROUTING', ...RULE);

test('has a systemd of its own', async () => {
  expect(await box.run('systemctl', 'is-system-running')).toBe('running\n');
  expect(await box.run('ps', '-o', 'comm=', '1')).toBe('systemd\n');
});

test('a packet from outside reaches the server while a rule says so', async () => {
  expect(await box.isOpen(4022)).toBe(false);
  await publish('-A');
  expect(await box.isOpen(4022)).toBe(true);
  const [stream, probe] = [await box.stream(4022), await box.probe(4022)];
  const { sent, returned } = await stream.end();
  expect(sent).toBeGreaterThan(0);
  expect(returned).toBe(sent);
  expect(await probe.end()).toMatchObject({ failed: 0 });
  const cut = await box.probe(4022);
  await publish('-D');
  expect(await box.isOpen(4022)).toBe(false);
  expect((await cut.end()).failed).toBeGreaterThan(0);
});

test.each(['reboot', 'powerCut'] as const)('%s: another boot of the same files, with routers anew', async (way) => {
  const bootId = await box.run('cat', '/proc/sys/kernel/random/boot_id');
  const machineId = await box.run('cat', '/etc/machine-id');
  await box.write('/var/lib/there', 'still');
  await publish('-A');

  await box[way]();
  expect(await box.run('cat', '/etc/machine-id')).toBe(machineId);
  expect(await box.run('cat', '/proc/sys/kernel/random/boot_id')).not.toBe(bootId);
  expect(await box.run('cat', '/var/lib/there')).toBe('still');
  expect(await box.isOpen(4022)).toBe(false);
  expect(await box.run('systemctl', 'is-active', 'test-server')).toBe('active\n');
});

test('several routers with the same addresses: a rule of one opens nothing in another', async () => {
  await box.addRouter(idOf(901), '-b');
  const rule = ['iptables', '-t', 'nat', '-A', 'PREROUTING', ...RULE];
  await box.run('ip', 'netns', 'exec', `qrouter-${idOf(901)}`, ...rule);
  expect([await box.isOpen(4022), await box.isOpen(4022, '-b')]).toEqual([false, true]);
});

test('runs a unit, and says what became of it', async () => {
  expect(await box.run('systemd-run', '--quiet', '--wait', '--pipe', 'cat', '/proc/self/cgroup')).toMatch(
    /run-\w+\.service/,
  );
  expect((await box.exec('systemd-run', '--quiet', '--wait', '--collect', 'sh', '-c', 'exit 7')).exitCode).toBe(7);
});

test('several boxes: each has its own, and is gone with the test', async () => {
  const other = await TestBox.up();
  const { leader } = other;
  try {
    await other.write('/root/mine', '');
    expect((await box.exec('test', '-e', '/root/mine')).exitCode).toBe(1);
    expect(await other.host()).not.toBe(await box.host());
    await publish('-A');
    expect([await box.isOpen(4022), await other.isOpen(4022)]).toEqual([true, false]);
    await publish('-D');
  } finally {
    await other.remove();
  }
  expect(existsSync(`/proc/${leader}`)).toBe(false);
  expect(await box.run('systemctl', 'is-system-running')).toBe('running\n');
});

const BOX = fileURLToPath(new URL('../../box', import.meta.url));
const KEEPS = `
import { spawn } from 'node:child_process';
import { base } from '${BOX}/base.ts';
import { boot, keeperOf } from '${BOX}/box.ts';
const [name] = process.argv.slice(1);
const [file, ...argv] = keeperOf(name, await base());
const keeper = spawn(file, argv, { stdio: ['pipe', 'ignore', 'ignore'] });
await boot(name, (word) => void keeper.stdin.write(word + '\\n'));
console.log('up');
setInterval(() => undefined, 1e6);`;

test.each(['SIGINT', 'SIGKILL'] as const)('a box is gone when the process that keeps it ends by %s', async (signal) => {
  const name = `test-${process.pid}-${signal.toLowerCase()}`;
  const argv = ['--no-warnings', '--input-type=module', '--eval', KEEPS, name];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const said = await once(createInterface({ input: child.stdout }), 'line');
  const leader = leaderOf(name);
  child.kill(signal);
  await ended;
  expect(said).toEqual(['up']);
  expect(leader).toBeDefined();
  const end = Date.now() + 20_000;
  while (isThere(name) && Date.now() < end) await setTimeout(50);
  expect(isThere(name)).toBe(false);
});

/** Some process belongs to it, or is what holds it. */
function isThere(name: string): boolean {
  const argv = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return leaderOf(name) !== undefined || argv.includes(`keeper.sh ${name} `) || argv.includes(`praas-box-${name} `);
}

// As on a build machine whose system is a chroot: the root of its mounts is not its own.
const IN_CHROOT = `set -eu
mount -t tmpfs tmpfs /mnt; mkdir /mnt/root; mount --rbind / /mnt/root
exec chroot /mnt/root sh -euc '
  trap "$1/box wipe $2" EXIT
  "$1/box" up "$2"
  "$1/box" cp "$1/README.md" "$2:/only-here"
  "$1/box" exec -n "$2" cat /only-here
  "$1/box" cp "$2:/only-here" /mnt/copy; cat /mnt/copy
  "$1/box" exec -n "$2" systemctl is-system-running
  "$1/box" reboot "$2"; "$1/box" cut "$2"; "$1/box" up "$2"; "$1/box" exec -n "$2" test -e /only-here
  "$1/box" down "$2"; "$1/box" up "$2"
  "$1/box" wipe "$2"; "$1/box" up "$2"; ! "$1/box" exec -n "$2" test -e /only-here
' sh "$1" "$2"`;

test('box/box, also in a chroot: what is done in it is done in no other system', async () => {
  const name = `test-${process.pid}-chroot`;
  const readme = readFileSync(`${BOX}/README.md`, 'utf8');
  const said = execFileSync('unshare', ['--mount', 'sh', '-c', IN_CHROOT, 'sh', BOX, name], { encoding: 'utf8' });
  expect(said).toBe(`${name}: running\n${readme}${readme}running\n${`${name}: running\n`.repeat(3)}`);
  expect(existsSync('/only-here')).toBe(false);
  expect(isThere(name)).toBe(false);
});

test('a box whose keeper was killed: up makes another one, and does not wait for it', () => {
  const name = `test-${process.pid}-orphan`;
  const call = (...words: string[]): string => execFileSync(`${BOX}/box`, words, { encoding: 'utf8', timeout: 60_000 });
  call('up', name);
  try {
    const processes = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
    const keeper = processes.find((line) => line.includes('unshare') && line.includes(`keeper.sh ${name} `));
    process.kill(Number.parseInt(keeper ?? '', 10), 'SIGKILL');
    for (let looks = 0; looks < 100 && isThere(name); looks++) execFileSync('sleep', ['0.1']);
    expect(call('up', name)).toBe(`${name}: running\n`);
  } finally {
    call('wipe', name);
  }
  expect(isThere(name)).toBe(false);
});
