/** What each thing that the doctor sees means, and what is to be done about it. */
import { describe, expect, test } from '@jest/globals';
import { judgeCertificate } from '../../../src/admin/doctor/certificate.ts';
import { judgeSkew } from '../../../src/admin/doctor/clock.ts';
import { judgeView } from '../../../src/admin/doctor/cloud.ts';
import { judgeReadiness } from '../../../src/admin/doctor/daemon.ts';
import { judgeMode } from '../../../src/admin/doctor/files.ts';
import { judgeRelease } from '../../../src/admin/doctor/kernel.ts';
import { judgePort } from '../../../src/admin/doctor/listeners.ts';
import type { Judgement } from '../../../src/admin/doctor/report.ts';
import { judgeCapabilities } from '../../../src/admin/doctor/rights.ts';
import { judgeRouter } from '../../../src/admin/doctor/routers.ts';
import { judgeService } from '../../../src/admin/doctor/services.ts';
import { judgeRenamed, settingsCheck } from '../../../src/admin/doctor/settings.ts';
import { judgeAside, judgeRoom } from '../../../src/admin/doctor/storage.ts';
import { judgeVersion } from '../../../src/admin/doctor/tools.ts';
import type { RouterDetails } from '../../../src/pat/router/view.ts';
import { GATEWAY, ROUTER } from '../../support/samples.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

/** Whatever is not ok says what to do. */
function is(judgement: Judgement | undefined, verdict: Judgement['verdict'], detail: string | RegExp): void {
  expect(judgement).toMatchObject({ verdict });
  expect(judgement?.detail).toMatch(detail);
  if (verdict === 'warning' || verdict === 'wrong') expect(judgement?.next_step).toMatch(/^[A-Z`].*[.]$/);
}

test.each<[string, string, Judgement['verdict'], string]>([
  ['conntrack', 'conntrack v1.4.7 (conntrack-tools)', 'ok', '1.4.7'],
  ['conntrack', 'conntrack v1.4.10 (conntrack-tools)', 'ok', '1.4.10'],
  ['conntrack', 'conntrack v1.4.6 (conntrack-tools)', 'wrong', '1.4.7 or later'],
  ['nft', 'nftables v0.9.8 (E.D.S.)', 'wrong', '1.0 or later'],
  ['nft', 'nftables v1.0.6 (Lester Gooch #5)', 'ok', '1.0.6'],
  ['nft', 'what?', 'warning', 'does not say'],
  ['iptables-restore', 'iptables-restore v1.8.9 (nf_tables)', 'ok', 'nf_tables'],
  ['iptables-restore', 'iptables-restore v1.8.9 (legacy)', 'ok', 'legacy'],
  ['ss', 'ss utility, iproute2-6.1.0', 'ok', '6.1.0'],
])('%s that says %p: %s', (tool, said, verdict, detail) => is(judgeVersion(tool, said, 'package'), verdict, detail));

test('the kernel is asked for more with nftables', () => {
  is(judgeRelease('5.10.0-28-amd64', 'iptables'), 'ok', '5.10');
  is(judgeRelease('5.10.0-28-amd64', 'nftables'), 'wrong', '5.11 or later');
  is(judgeRelease('6.1.0-18-amd64', 'nftables'), 'ok', '6.1');
});

test('capabilities', () => {
  is(judgeCapabilities('CapEff:\t000001ffffffffff\n'), 'ok', 'CAP_NET_ADMIN and CAP_SYS_ADMIN');
  is(judgeCapabilities('CapEff:\t0000000000001000\n'), 'wrong', /^CAP_SYS_ADMIN are? missing/);
  is(judgeCapabilities(''), 'wrong', 'CAP_NET_ADMIN and CAP_SYS_ADMIN');
});

test('an old name of a key is a warning that says what to write, beside the judgement on the file', async () => {
  const renamed = { where: '/etc/praas.conf:3', oldName: 'retain', newName: 'retain_days' };
  is(judgeRenamed(renamed), 'warning', /retain_days.*praas\.conf:3/);
  const judgements = await settingsCheck('/etc/praas.conf', undefined, [renamed]).run();
  expect(judgements.map(({ check, verdict }) => [check, verdict])).toEqual([
    ['praas.conf', 'ok'],
    ['retain', 'warning'],
  ]);
});

test('files with secrets are root’s alone', () => {
  const secret = { what: 'the tokens', path: '/etc/tokens' };
  is(judgeMode(secret, 0o600), 'ok', '0600');
  is(judgeMode(secret, 0o640), 'warning', 'the tokens');
  is(judgeMode(secret, 0o604), 'warning', '0604');
});

test('a certificate is valid, and for a while yet', () => {
  const between = (from: number, to: number) =>
    judgeCertificate(
      {
        subject: 'CN=node\nO=praas',
        validFrom: new Date(NOW.getTime() + from * DAY_MS).toUTCString(),
        validTo: new Date(NOW.getTime() + to * DAY_MS).toUTCString(),
      },
      NOW,
    );
  is(between(-1, 90), 'ok', 'CN=node, O=praas');
  is(between(-1, 13), 'warning', 'it ends');
  is(between(-9, -1), 'wrong', 'it ended');
  is(between(1, 90), 'wrong', 'from');
});

test('a port is free, praas’, or somebody else’s', () => {
  const wish = { key: 'port_app', port: 3000 } as const;
  const line = (address: string, name: string) => `LISTEN 0 511 ${address} 0.0.0.0:* users:(("${name}",pid=7,fd=1))\n`;
  is(judgePort(wish, line('127.0.0.1:13000', 'nginx')), 'ok', 'free');
  is(judgePort(wish, line('127.0.0.1:3000', 'praas serve')), 'ok', 'praas');
  is(judgePort(wish, line('[::]:3000', 'nginx')), 'wrong', 'nginx');
  is(judgePort(wish, 'LISTEN 0 511 *:3000 *:*\n'), 'wrong', 'another program');
});

test('room for records', () => {
  const room = { freeBytes: 900 * MIB, freeInodes: 9e5, allInodes: 1e6 };
  is(judgeRoom('/s', room), 'ok', '900 MiB');
  is(judgeRoom('/s', { ...room, freeBytes: 50 * MIB }), 'warning', '50 MiB');
  is(judgeRoom('/s', { ...room, freeBytes: MIB }), 'wrong', '1 MiB');
  is(judgeRoom('/s', { ...room, freeInodes: 3 }), 'wrong', '3 inodes');
  is(judgeRoom('/s', { ...room, freeInodes: 0, allInodes: 0 }), 'ok', '900 MiB');
  expect(judgeAside([])).toEqual([]);
  is(judgeAside(['a.json.damaged-1'])[0], 'warning', 'a.json.damaged-1');
});

test('the clock against the cloud’s', () => {
  const at = (seconds: number) => judgeSkew(NOW.toUTCString(), new Date(NOW.getTime() + seconds * 1000));
  is(at(0), 'ok', '0 s');
  is(at(-20), 'warning', '20 s behind');
  is(at(90), 'wrong', '90 s ahead');
  is(judgeSkew(undefined, NOW), 'skipped', 'does not say');
});

test('services', () => {
  const facts = (changes: Record<string, string>) =>
    judgeService(
      'praas-pat-agent.service',
      new Map(Object.entries({ LoadState: 'loaded', ActiveState: 'active', UnitFileState: 'enabled', ...changes })),
    );
  is(facts({}), 'ok', 'it runs');
  is(facts({ LoadState: 'not-found' }), 'skipped', 'not installed');
  is(facts({ ActiveState: 'failed' }), 'wrong', 'failed');
  is(facts({ ActiveState: 'inactive' }), 'wrong', 'does not run');
  is(facts({ ActiveState: 'inactive', Result: 'exec-condition' }), 'warning', 'no cloud');
  is(facts({ UnitFileState: 'disabled' }), 'warning', 'next boot');
  is(facts({ NRestarts: '9' }), 'wrong', '9 times');
  is(facts({ NeedDaemonReload: 'yes' }), 'warning', 'has changed');
});

test('the daemon', () => {
  is(judgeReadiness('/s', undefined), 'warning', '/s');
  is(judgeReadiness('/s', { ready: true, troubles: [] }), 'ok', 'ready');
  is(judgeReadiness('/s', { ready: true, troubles: ['cloud: away'] }), 'warning', 'cloud: away');
  is(judgeReadiness('/s', { ready: false, troubles: ['kernel: no nft'] }), 'wrong', 'no nft');
});

test('the cloud', () => {
  const view = { name: 'praas', routers: 2, servers: 5, seesProjects: true, date: undefined, now: NOW };
  expect(judgeView(view).map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
  is(judgeView({ ...view, seesProjects: false })[1], 'warning', 'projects');
  is(judgeView({ ...view, routers: 0 })[2], 'wrong', 'none');
});

describe('a router', () => {
  const details: RouterDetails = {
    router_id: ROUTER,
    name: null,
    project_id: null,
    namespace: `qrouter-${ROUTER}`,
    gateway_ips: [GATEWAY],
    mappings: 2,
    free_ports: { tcp: 9, udp: 9 },
    used_ports: { tcp: 2, udp: 0 },
    networks: [],
    mappings_in_kernel: 2,
    unmanaged: [],
    warnings: [],
    drift: { missing: [], unexpected: [] },
  };
  const tables = { legacy: [], nft: ['nat', 'praas'] };

  test('as stored', () => expect(judgeRouter(details, 0, tables)).toEqual([]));
  test('both kinds of iptables, said once', () => {
    const warned = { ...details, warnings: ['it has rules of iptables-legacy beside others'] };
    const [first, ...more] = judgeRouter(warned, 0, { legacy: ['nat', 'filter'], nft: ['nat'] });
    is(first, 'warning', /iptables-legacy.*nat/);
    expect(more).toEqual([]);
  });
  test('rules that are missing, and some that should not be there', () => {
    is(
      judgeRouter({ ...details, drift: { missing: ['a'], unexpected: ['b', 'c'] } }, 0, tables)[0],
      'warning',
      /1 .*2/,
    );
  });
  test('mappings without a gateway', () => {
    is(judgeRouter({ ...details, gateway_ips: [] }, 0, tables)[0], 'warning', 'no gateway');
  });
  test('rules that could be imported', () => {
    const [judgement] = judgeRouter(details, 3, tables);
    is(judgement, 'warning', '3 rules');
    expect(judgement?.next_step).toContain('praas pat import');
  });
});
