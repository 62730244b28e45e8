/** praas install and uninstall, as the operator of a network node gives them, under a real systemd. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DoctorReport } from '../../src/admin/doctor/report.ts';
import { expectUnbroken, ROUTER_ID, SERVER_IP, TestBox } from '../support/box.ts';
import { pythonRules, pythonTable } from '../support/unmanaged-rules.ts';

const PRAAS = '/usr/local/bin/praas';
const CONF = '/usr/local/etc/praas/praas.conf';
const [PAT, MONITOR] = ['praas-pat-agent', 'praas-monitor-agent'];
const ARRIVAL = ['pat', 'create', '--router', ROUTER_ID, '--server-ip', SERVER_IP, '--port', '22'];
const PORT = 4022;

let box: TestBox;
beforeEach(async () => {
  box = await TestBox.up();
});
afterEach(() => box?.remove());

const publish = (): Promise<string> => box.run(PRAAS, ...ARRIVAL, '--router-port', String(PORT));
const states = (): Promise<string[]> => Promise.all([PAT, MONITOR].map((unit) => box.property(unit, 'ActiveState')));

test('install, install again, uninstall: two services, no steps, and the system as before', async () => {
  const before = await box.files();
  const { exitCode, stdout, stderr } = await box.exec('/root/praas', 'install');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^done +start ${PAT}\\.service: ready$`, 'm'));
  expect(stdout).toMatch(/^praas \S+ is installed\b/m);
  expect(await states()).toEqual(['active', 'inactive']);
  expect(await box.property(PAT, 'UnitFileState')).toBe('enabled');
  expect(await box.property(MONITOR, 'UnitFileState')).toBe('enabled');
  expect(await box.property(PAT, 'StatusText')).not.toBe('');
  const modes = await box.run('stat', '-c', '%a %U', CONF, '/usr/local/etc/praas/clouds.yaml', '/var/lib/praas');
  expect(modes).toBe('600 root\n600 root\n700 root\n');
  expect(await box.run('man', '-w', 'praas')).toContain('/man8/praas.8');
  expect(await box.run('bash', '-ic', '. /etc/bash_completion; _completion_loader praas; complete -p praas')).toContain(
    'praas',
  );

  expect(await box.isOpen(PORT)).toBe(false);
  await publish();
  expect(await box.isOpen(PORT)).toBe(true);
  const doctor: DoctorReport = JSON.parse(await box.run(PRAAS, 'doctor', '--json'));
  expect(doctor.counts.failed).toBe(0);
  expect(doctor.findings).toContainEqual(
    expect.objectContaining({
      check: `${MONITOR}.service`,
      verdict: 'warning',
      detail: expect.stringContaining('OpenStack'),
    }),
  );

  const pid = await box.property(PAT, 'MainPID');
  expect(JSON.parse(await box.run(PRAAS, 'install', '--json'))).toEqual({ steps: [] });
  expect(await box.property(PAT, 'MainPID')).toBe(pid);

  await box.run(PRAAS, 'uninstall', '--remove-rules', '--purge');
  expect(await box.isOpen(PORT)).toBe(false);
  expect(await box.files()).toEqual(before);
  expect(await box.property(PAT, 'LoadState')).toBe('not-found');
  expect(await box.run('systemctl', 'is-system-running')).toBe('running\n');
  const rules = await box.run('ip', 'netns', 'exec', `qrouter-${ROUTER_ID}`, 'iptables-save');
  expect(rules).not.toContain('praas');
  expect(rules).not.toContain('custom-');
});

test('--dry-run shows the steps, and does nothing', async () => {
  const before = await box.files();
  const plan = await box.run('/root/praas', 'install', '--dry-run');
  expect(plan.trimEnd().split('\n')).toContainEqual(expect.stringMatching(new RegExp(`^would .*${PRAAS}$`)));
  expect(
    plan
      .trimEnd()
      .split('\n')
      .every((line) => line.startsWith('would ')),
  ).toBe(true);
  expect(await box.files()).toEqual(before);
});

test('a service that does not become ready: undone, with the reason', async () => {
  const before = await box.files();
  await box.run('systemd-run', '--quiet', '--unit=taken', 'python3', '/opt/test/talker.py', 'serve', '3000');
  const { exitCode, stdout, stderr } = await box.exec('/root/praas', 'install', '--timeout', '20');
  expect(exitCode).toBe(1);
  expect(stderr).toContain(PAT);
  expect(stderr).toContain('3000');
  expect(stdout + stderr).toContain('undone');
  expect(await box.files()).toEqual(before);
  expect(await box.property(PAT, 'LoadState')).toBe('not-found');
});

test('interrupted: undone', async () => {
  const before = await box.files();
  await box.write(`/etc/systemd/system/${PAT}.service.d/slow.conf`, '[Service]\nExecStartPre=/bin/sleep 60\n');
  const run =
    '/root/praas install >/tmp/output 2>&1 & pid=$!; until pgrep -x sleep; do sleep 0.1; done; kill -TERM $pid; wait $pid';
  const { exitCode } = await box.exec('sh', '-c', run);
  expect(exitCode).toBe(143);
  await box.run('rm', '-r', `/etc/systemd/system/${PAT}.service.d`);
  expect(await box.files()).toEqual(before);
  expect((await box.exec('pgrep', '-x', 'sleep')).exitCode).toBe(1);
});

test('uninstalled without its rules: ports stay open, and the next installation manages them', async () => {
  await box.run('/root/praas', 'install');
  await publish();
  const refused = await box.exec(PRAAS, 'uninstall');
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain('--keep-rules');
  expect(await states()).toEqual(['active', 'inactive']);

  const probe = await box.probe(PORT);
  await box.run('sh', '-c', `echo '# mine' >>${CONF}`);
  await box.run(PRAAS, 'uninstall', '--keep-rules');
  expect((await box.exec('test', '-e', PRAAS)).exitCode).toBe(1);
  expect(await box.run('cat', CONF)).toContain('# mine');
  expect(await box.isOpen(PORT)).toBe(true);

  await box.run('/root/praas', 'install');
  expect(await box.run(PRAAS, 'pat', 'list', '-f', 'value', '-c', 'status')).toBe('ACTIVE\n');
  expect(await box.run('cat', CONF)).toContain('# mine');
  const { made, failed } = await probe.end();
  expect(made).toBeGreaterThan(0);
  expect(failed).toBe(0);
});

test('into an image: enabled there, and this system does not change', async () => {
  await box.run('mkdir', '-p', '/mnt/image/etc/systemd/system');
  const before = await box.files();
  await box.run('/root/praas', 'install', '--root', '/mnt/image');
  expect(await box.files()).toEqual(before);
  const link = `/mnt/image/etc/systemd/system/multi-user.target.wants/${PAT}.service`;
  expect((await box.exec('test', '-L', link)).exitCode).toBe(0);
  expect(await box.run('/mnt/image/usr/local/bin/praas', '--version')).toContain('praas');
});

test('installed and not started: the next boot starts it', async () => {
  await box.run('/root/praas', 'install', '--no-start');
  expect(await states()).toEqual(['inactive', 'inactive']);
  await box.reboot();
  expect(await box.property(PAT, 'ActiveState')).toBe('active');
  await publish();
  expect(await box.isOpen(PORT)).toBe(true);
});

test('replaces the Python version: keeps its settings, and every port without a lost packet', async () => {
  const unit =
    '[Service]\nExecStart=/usr/bin/python3 -c "import time; time.sleep(1e6)"\n[Install]\nWantedBy=multi-user.target\n';
  for (const name of [PAT, MONITOR]) await box.write(`/etc/systemd/system/${name}.service`, unit);
  await box.run('systemctl', 'enable', '--quiet', '--now', PAT, MONITOR);
  const conf = '[praas]\nport_app = 3210\n';
  await box.write(CONF, conf, '600');
  await box.write('/root/rules', pythonTable(pythonRules(PORT, `${SERVER_IP}:22`)));
  const inRouter = ['ip', 'netns', 'exec', `qrouter-${ROUTER_ID}`];
  await box.run(...inRouter, 'iptables-restore', '--noflush', '/root/rules');
  const [stream, probe] = [await box.stream(PORT), await box.probe(PORT)];

  const output = await box.run('/root/praas', 'install');
  expect(output).toMatch(new RegExp(`^done +stop .*${PAT}\\.service .*${MONITOR}\\.service`, 'm'));
  expect(await box.property(PAT, 'ActiveState')).toBe('active');
  expect(await box.run('systemctl', 'cat', PAT)).toContain(`ExecStart=${PRAAS} serve`);
  expect(await box.run('cat', CONF)).toBe(conf);
  const columns = ['-c', 'router_port', '-c', 'server_ip', '-c', 'server_port', '-c', 'status'];
  expect(await box.run(PRAAS, 'pat', 'list', '-f', 'value', ...columns)).toMatch(/^4022\s10.20.0.51\s22\sACTIVE\n$/);
  const [rule = ''] = pythonRules(PORT, `${SERVER_IP}:22`);
  expect(await box.run(...inRouter, 'iptables-save')).not.toContain(rule);

  await expectUnbroken(stream, probe);
  await box.run(PRAAS, 'pat', 'delete', '--router', ROUTER_ID, '--all', '--yes');
  expect(await box.isOpen(PORT)).toBe(false);
  await box.run(PRAAS, 'uninstall', '--remove-rules');
  expect(await box.run('cat', `/etc/systemd/system/${PAT}.service`)).toBe(unit);
});
