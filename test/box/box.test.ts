/** The box itself: what the tests beside this one stand on. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GATEWAY, ROUTER_ID, SERVER_IP, TestBox } from '../support/box.ts';

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
  const [stream, knock] = [await box.stream(4022), await box.knock(4022)];
  const { sent, returned } = await stream.end();
  expect(sent).toBeGreaterThan(0);
  expect(returned).toBe(sent);
  expect(await knock.end()).toMatchObject({ failed: 0 });
  const cut = await box.knock(4022);
  await publish('-D');
  expect(await box.isOpen(4022)).toBe(false);
  expect((await cut.end()).failed).toBeGreaterThan(0);
});

test.each(['reboot', 'powerCut'] as const)('%s: another boot of the same files, with routers anew', async (way) => {
  const boot_id = await box.run('cat', '/proc/sys/kernel/random/boot_id');
  const machine_id = await box.run('cat', '/etc/machine-id');
  await box.write('/var/lib/there', 'still');
  await publish('-A');

  await box[way]();
  expect(await box.run('cat', '/etc/machine-id')).toBe(machine_id);
  expect(await box.run('cat', '/proc/sys/kernel/random/boot_id')).not.toBe(boot_id);
  expect(await box.run('cat', '/var/lib/there')).toBe('still');
  expect(await box.isOpen(4022)).toBe(false);
  expect(await box.run('systemctl', 'is-active', 'test-server')).toBe('active\n');
});

test('is gone with the test', async () => {
  const other = await TestBox.up();
  const { leader } = other;
  expect(existsSync(`/proc/${leader}`)).toBe(true);
  await other.remove();
  expect(existsSync(`/proc/${leader}`)).toBe(false);
});
