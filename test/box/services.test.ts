/** The services under systemd: their bad days, their hardening, and that packets notice nothing. */
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { expectUnbroken, ROUTER_ID, SERVER_IP, TestBox } from '../support/box.ts';
import { DEMO, portOf } from '../support/fake-cloud.ts';
import { FakeOpenStack } from '../support/fake-openstack.ts';
import { portRow, serverRow } from '../support/openstack-rows.ts';
import { idOf } from '../support/samples.ts';

const PRAAS = '/usr/local/bin/praas';
const SETTINGS = '/usr/local/etc/praas';
const [PAT, MONITOR] = ['praas-pat-agent', 'praas-monitor-agent'];
const FIRST_PORT = 5000;
const PORT = 4022;
const PATIENCE_MS = 60_000;
/** What the agent rightly says of what a test does to it. */
const PROVOKED = /^warn: (legacy API|drift repaired|mapping expires soon|authentication failed)/;
/** python3-minimal has no HTTP. */
const ASK = `
import socket, sys
called = socket.create_connection(('127.0.0.1', 3000), 10)
head = ['GET /v1/mappings HTTP/1.1', 'Host: node', 'Connection: close', 'X-Auth-Token: ' + sys.argv[1], '', '']
called.sendall('\\r\\n'.join(head).encode())
print(called.recv(99).decode().split()[1])`;

let box: TestBox;
beforeEach(async () => {
  box = await TestBox.up();
});
afterEach(() => box?.remove());

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within a minute: ${what}`);
    await setTimeout(100);
  }
}

const pidOf = async (unit: string): Promise<number> => Number(await box.property(unit, 'MainPID'));
const isActive = async (unit: string): Promise<boolean> => (await box.property(unit, 'ActiveState')) === 'active';
const rules = async (): Promise<string[]> =>
  (await box.run('ip', 'netns', 'exec', `qrouter-${ROUTER_ID}`, 'iptables-save', '-t', 'nat'))
    .split('\n')
    .filter((line) => line.startsWith('-A'));

/** Publishes so many ports at once, from the first on. */
async function publish(count: number, first: number): Promise<void> {
  const mappings = Array.from({ length: count }, (_, index) => ({
    router_id: ROUTER_ID,
    server_ip: SERVER_IP,
    server_port: 22,
    router_port: first + index,
  }));
  expect((await box.api('POST', '/v1/mappings', { mappings })).status).toBe(201);
}

/** The status of each mapping, counted. */
async function counted(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const all = await box.run(PRAAS, 'pat', 'list', '-f', 'value', '-c', 'status');
  for (const status of all.trim().split('\n')) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/**
 * Its process is another one by then, and ready. Both are asked for at once: systemd may notice the end of the old one
 * between two questions.
 */
async function restarted(unit: string, pid: number): Promise<void> {
  await until(`${unit} runs again`, async () => {
    const said = await box.run('systemctl', 'show', '--property', 'ActiveState,MainPID', unit);
    const [, now = '0'] = /^MainPID=(\d+)$/m.exec(said) ?? [];
    return said.includes('ActiveState=active\n') && !['0', String(pid)].includes(now);
  });
}

describe('the PAT agent', () => {
  beforeEach(async () => {
    await box.run('/root/praas', 'install');
    await publish(1, PORT);
  });

  test('killed: back by itself, with the rules of the store', async () => {
    const before = await rules();
    const pid = await pidOf(PAT);
    await box.run('kill', '-KILL', String(pid));
    await box.run('ip', 'netns', 'exec', `qrouter-${ROUTER_ID}`, 'iptables', '-t', 'nat', '-F', 'custom-PREROUTING');
    await restarted(PAT, pid);
    expect(await rules()).toEqual(before);
    expect(await box.isOpen(PORT)).toBe(true);
  });

  test('hung: restarted by the watchdog', async () => {
    await box.write(`/etc/systemd/system/${PAT}.service.d/soon.conf`, '[Service]\nWatchdogSec=3\n');
    await box.run('systemctl', 'daemon-reload');
    await box.run('systemctl', 'restart', PAT);
    const pid = await pidOf(PAT);
    // It is fed as long as it lives.
    await setTimeout(5000);
    expect(await pidOf(PAT)).toBe(pid);
    await box.run('kill', '-STOP', String(pid));
    await restarted(PAT, pid);
    expect(await box.run('journalctl', '--unit', PAT, '--no-pager')).toContain('Watchdog timeout');
    expect(await box.isOpen(PORT)).toBe(true);
  });

  test('crashing time after time: never given up', async () => {
    await box.write(`/etc/systemd/system/${PAT}.service.d/soon.conf`, '[Service]\nRestartSec=0.1\n');
    await box.run('systemctl', 'daemon-reload');
    await box.run('sh', '-c', `echo 'port_app = nonsense' >>${SETTINGS}/praas.conf; kill -KILL ${await pidOf(PAT)}`);
    await until('it has crashed often', async () => Number(await box.property(PAT, 'NRestarts')) > 8);
    await box.run('sed', '-i', '/nonsense/d', `${SETTINGS}/praas.conf`);
    await until('it runs', () => isActive(PAT));
    expect(await box.isOpen(PORT)).toBe(true);
  });

  test.each(['reboot', 'powerCut'] as const)('%s: 500 mappings are all active again', async (way) => {
    await publish(499, FIRST_PORT);
    await box[way]();
    expect(await box.property(PAT, 'ActiveState')).toBe('active');
    expect(await counted()).toEqual({ ACTIVE: 500 });
    expect(await box.isOpen(PORT)).toBe(true);
    expect(await box.isOpen(FIRST_PORT + 498)).toBe(true);
  });

  test('stopped and started: neither rules nor connections notice', async () => {
    const before = await rules();
    const [stream, probe] = [await box.stream(PORT), await box.probe(PORT)];
    await box.run('systemctl', 'stop', PAT);
    expect(await rules()).toEqual(before);
    await setTimeout(500);
    await box.run('systemctl', 'start', PAT);
    await expectUnbroken(stream, probe);
  });
});

describe.each(['iptables', 'nftables'])('with %s, under its hardening', (backend) => {
  test('the daemon does its whole job', async () => {
    await box.write(`${SETTINGS}/praas.conf`, `[praas]\nbackend = ${backend}\nreconcile_period_seconds = 2\n`, '600');
    await box.run('/root/praas', 'install');
    const one = { router_id: ROUTER_ID, server_ip: SERVER_IP, server_port: 22, router_port: PORT };

    expect(await box.isOpen(PORT)).toBe(false);
    const created = (await box.api('POST', '/v1/mappings', { mapping: one })).body as { mapping: { id: string } };
    const path = `/v1/mappings/${created.mapping.id}`;
    expect(await box.isOpen(PORT)).toBe(true);
    expect(await box.api('GET', `${path}/check`)).toMatchObject({ status: 200 });
    const stream = await box.stream(PORT);
    const { body } = await box.api('GET', `${path}/connections`);
    expect((body as { connections: object[] }).connections).not.toEqual([]);
    expect((await stream.end()).sent).toBeGreaterThan(0);

    expect(await box.api('PATCH', path, { mapping: { router_port: PORT + 1 } })).toMatchObject({ status: 200 });
    expect([await box.isOpen(PORT), await box.isOpen(PORT + 1)]).toEqual([false, true]);
    await box.run('ip', 'netns', 'exec', `qrouter-${ROUTER_ID}`, 'sh', '-c', 'iptables -t nat -F; nft flush ruleset');
    await until('the rule that was removed is back', () => box.isOpen(PORT + 1));

    await box.run('systemctl', 'restart', 'test-routers');
    await until('the router that was made anew has its port', () => box.isOpen(PORT + 1));

    const expires_at = new Date(Date.now() + 3000).toISOString();
    expect(await box.api('PATCH', path, { mapping: { expires_at } })).toMatchObject({ status: 200 });
    await until('its time is over', async () => !(await box.isOpen(PORT + 1)));
    expect((await box.api('DELETE', path)).status).toBe(204);

    const token = await box.run(
      PRAAS,
      'token',
      'create',
      '--name',
      'cli',
      '--role',
      'admin',
      '-f',
      'value',
      '-c',
      'token',
    );
    const asked = (value: string): Promise<string> => box.run('python3', '-c', ASK, value.trim());
    expect([await asked(token), await asked('nonsense')]).toEqual(['200\n', '401\n']);

    expect(await box.api('POST', `/v1/routers/${ROUTER_ID}/sync`)).toMatchObject({ status: 200 });
    const another = { ...one, router_port: PORT + 2 };
    const isRefused = async (): Promise<boolean> =>
      (await box.api('POST', '/v1/mappings?dry_run=true', { mapping: another })).status >= 400;
    expect(await isRefused()).toBe(false);
    const pid = await pidOf(PAT);
    await box.run('sh', '-c', `echo 'reserved_ports = ${PORT + 2}' >>${SETTINGS}/praas.conf`);
    await box.run('systemctl', 'reload', PAT);
    await until('it has read its settings again', isRefused);
    expect([await isActive(PAT), await pidOf(PAT)]).toEqual([true, pid]);
    // The journal has all lines at one priority; the words say which of them matter.
    const log = await box.run('journalctl', '--unit', PAT, '--no-pager', '--output', 'cat');
    const complaints = log.split('\n').filter((line) => /^(warn|error): /.test(line));
    expect(complaints).toContainEqual(expect.stringContaining('authentication failed'));
    expect(complaints.filter((line) => !PROVOKED.test(line))).toEqual([]);
  });
});

describe('both agents', () => {
  let cloud: FakeOpenStack;
  beforeEach(async () => {
    cloud = await FakeOpenStack.start(Date.now, await box.host());
    cloud.tables.routers.push({ id: ROUTER_ID, name: 'edge', admin_state_up: true, status: 'ACTIVE', project_id: 'p' });
    const auth = { auth_url: cloud.keystone, username: 'praas', password: 'secret', project_name: 'service' };
    const domains = { user_domain_name: 'Default', project_domain_name: 'Default' };
    const clouds = { clouds: { praas: { auth: { ...auth, ...domains } } } };
    await box.write(`${SETTINGS}/clouds.yaml`, JSON.stringify(clouds), '600');
    await box.run('/root/praas', 'install');
    await publish(1, PORT);
  });
  afterEach(() => cloud?.stop());

  const both = async (): Promise<boolean[]> => [await isActive(PAT), await isActive(MONITOR)];

  test('a connection survives restart and upgrade of both without one lost byte', async () => {
    expect(await both()).toEqual([true, true]);
    const [stream, probe] = [await box.stream(PORT), await box.probe(PORT)];
    await box.run('systemctl', 'restart', PAT, MONITOR);
    // Another version: the same, with something behind it.
    await box.run('sh', '-c', 'cp /root/praas /root/praas-new; echo another >>/root/praas-new');
    const pids = [await pidOf(PAT), await pidOf(MONITOR)];
    expect(await box.run(PRAAS, 'upgrade', '/root/praas-new')).toContain('ready');
    expect(await both()).toEqual([true, true]);
    expect([await pidOf(PAT), await pidOf(MONITOR)]).not.toEqual(pids);
    await box.run('cmp', '/root/praas-new', PRAAS);
    await expectUnbroken(stream, probe);
  });

  test('an upgrade whose service does not become ready goes back by itself', async () => {
    const before = await box.run('sha256sum', PRAAS);
    const state = await box.run(
      'sh',
      '-c',
      'cd /var/lib/praas && find . -type f -path "*routers*" | sort | xargs sha256sum',
    );
    await box.run('sh', '-c', 'cp /root/praas /root/praas-new; echo another >>/root/praas-new; cp /root/praas /opt');
    const known = `/bin/sh -c 'cmp -s /opt/praas ${PRAAS} || { echo I do not work; exit 3; }'`;
    await box.write(`/etc/systemd/system/${PAT}.service.d/known.conf`, `[Service]\nExecStartPre=${known}\n`);
    await box.run('systemctl', 'daemon-reload');
    const stream = await box.stream(PORT);
    const { exitCode, stderr } = await box.exec(PRAAS, 'upgrade', '/root/praas-new', '--timeout', '15');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('I do not work');
    expect(await box.run('sha256sum', PRAAS)).toBe(before);
    expect(
      await box.run('sh', '-c', 'cd /var/lib/praas && find . -type f -path "*routers*" | sort | xargs sha256sum'),
    ).toBe(state);
    expect(await both()).toEqual([true, true]);
    expect(await counted()).toEqual({ ACTIVE: 1 });
    const { sent, returned } = await stream.end();
    expect(returned).toBe(sent);
  });

  test('the monitor under its hardening follows a server, also after kill -9 and when it hung', async () => {
    const web = { id: idOf(101), name: 'web', project_id: DEMO, addresses: {} };
    const leads = { id: idOf(113), device_id: ROUTER_ID, device_owner: 'network:router_interface' };
    const inside = [{ ip_address: '10.20.0.1', subnet_id: idOf(131) }];
    const { ports, servers, projects } = cloud.tables;
    projects.push({ id: DEMO, name: 'demo' }, { id: 'p', name: 'p' });
    ports.push(portRow(portOf({ id: idOf(111) })), portRow(portOf({ ...leads, fixed_ips: inside })));
    const turn = (status: string): void => void servers.splice(0, 1, serverRow({ ...web, status }));
    turn('ACTIVE');
    await box.run('sh', '-c', `printf '\nsecond_monitoring = 1\n' >>${SETTINGS}/praas.conf`);
    await box.write(`/etc/systemd/system/${MONITOR}.service.d/soon.conf`, '[Service]\nWatchdogSec=3\n');
    await box.run('systemctl', 'daemon-reload');
    await box.run('systemctl', 'restart', MONITOR);
    const becomes = (status: string): Promise<void> =>
      until(`the mapping is ${status}`, async () => (await counted())[status] === 1);
    const pat = await pidOf(PAT);
    for (const signal of ['KILL', 'STOP']) {
      turn('SHUTOFF');
      await becomes('DOWN');
      const pid = await pidOf(MONITOR);
      await box.run('kill', `-${signal}`, String(pid));
      turn('ACTIVE');
      await restarted(MONITOR, pid);
      await becomes('ACTIVE');
    }
    expect(await pidOf(PAT)).toBe(pat);
    expect(await box.isOpen(PORT)).toBe(true);
  });

  test('systemd-analyze finds them no more open than docs/services.md says', async () => {
    for (const [unit, most] of [
      [PAT, 3],
      [MONITOR, 1.8],
    ] as const) {
      const said = await box.run('systemd-analyze', 'security', '--no-pager', unit);
      const [, level = '10'] = /Overall exposure level for .*: ([\d.]+)/.exec(said) ?? [];
      expect(Number(level)).toBeLessThanOrEqual(most);
    }
  });
});
