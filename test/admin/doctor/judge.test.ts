/** The verdict on each thing that the doctor checks, and the facts that it names. The sentences are in test/golden/texts. */
import { describe, expect, test } from '@jest/globals';
import { judgeCertificate } from '../../../src/admin/doctor/certificate.ts';
import { judgeOffset } from '../../../src/admin/doctor/clock.ts';
import { judgeBroker, judgeView } from '../../../src/admin/doctor/cloud.ts';
import { configFileCheck, judgeRenamed } from '../../../src/admin/doctor/config-file.ts';
import { judgeConnectionTable, judgeRelease } from '../../../src/admin/doctor/kernel.ts';
import { judgePort } from '../../../src/admin/doctor/listeners.ts';
import { judgeMonitor, judgeReadiness, monitorAgentCheck } from '../../../src/admin/doctor/pat-agent.ts';
import type { Judgement } from '../../../src/admin/doctor/report.ts';
import { judgeCapabilities } from '../../../src/admin/doctor/rights.ts';
import { judgeNoRouters, judgeRouter, judgeUnread } from '../../../src/admin/doctor/routers.ts';
import { judgeMode } from '../../../src/admin/doctor/secrets.ts';
import { judgeService } from '../../../src/admin/doctor/services.ts';
import { judgeDamagedFiles, judgeSpace } from '../../../src/admin/doctor/storage.ts';
import { judgeVersion } from '../../../src/admin/doctor/tools.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { RouterDetails } from '../../../src/pat/router/view.ts';
import { GATEWAY, ROUTER } from '../../support/samples.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

/** Fails unless the judgement has that verdict and its detail names the fact; what needs attention has a next step. */
function expectVerdict(judgement: Judgement | undefined, verdict: Judgement['verdict'], fact = ''): void {
  expect(judgement).toMatchObject({ verdict, detail: expect.stringContaining(fact) });
  if (verdict === 'warning' || verdict === 'failed') expect(judgement?.next_step).toMatch(/^[A-Z`].*[.]$/);
}

test.each<[string, string, Judgement['verdict'], string]>([
  ['conntrack', 'conntrack v1.4.7 (conntrack-tools)', 'ok', '1.4.7'],
  ['conntrack', 'conntrack v1.4.10 (conntrack-tools)', 'ok', '1.4.10'],
  ['conntrack', 'conntrack v1.4.6 (conntrack-tools)', 'failed', '1.4.7'],
  ['nft', 'nftables v0.9.8 (E.D.S.)', 'failed', '1.0'],
  ['nft', 'nftables v1.0.6 (Lester Gooch #5)', 'ok', '1.0.6'],
  ['nft', 'what?', 'warning', '1.0'],
  ['iptables-restore', 'iptables-restore v1.8.9 (nf_tables)', 'ok', 'nf_tables'],
  ['iptables-restore', 'iptables-restore v1.8.9 (legacy)', 'ok', 'legacy'],
  ['ss', 'ss utility, iproute2-6.1.0', 'ok', '6.1.0'],
])('%s that prints %p: %s', (tool, output, verdict, fact) =>
  expectVerdict(judgeVersion(tool, output, 'package'), verdict, fact),
);

test('the nftables backend needs a newer kernel', () => {
  expectVerdict(judgeRelease('5.10.0-28-amd64', 'iptables'), 'ok', '5.10');
  expectVerdict(judgeRelease('5.10.0-28-amd64', 'nftables'), 'failed', '5.11');
  expectVerdict(judgeRelease('6.1.0-18-amd64', 'nftables'), 'ok', '6.1');
});

test('the connection table', () => {
  const at = (used: number, limit = 1000) => judgeConnectionTable('connection table', { used, limit });
  expectVerdict(at(799), 'ok', '799 of 1000');
  expectVerdict(at(800), 'warning', '800 of 1000');
  expectVerdict(at(950), 'failed', '950 of 1000');
  expectVerdict(at(950, 0), 'ok', '950');
  expectVerdict(judgeConnectionTable('connection table', undefined), 'skipped');
  expect(at(800).next_step).toContain('nf_conntrack_max');
});

test('capabilities', () => {
  expectVerdict(judgeCapabilities('CapEff:\t000001ffffffffff\n'), 'ok', 'CAP_NET_ADMIN, CAP_SYS_ADMIN');
  expectVerdict(judgeCapabilities('CapEff:\t0000000000001000\n'), 'failed', 'CAP_SYS_ADMIN');
  expect(judgeCapabilities('CapEff:\t0000000000001000\n').detail).not.toContain('CAP_NET_ADMIN');
  expectVerdict(judgeCapabilities(''), 'failed', 'CAP_NET_ADMIN, CAP_SYS_ADMIN');
});

test('an old name of a key is a warning with the new name, beside the judgement on the file', async () => {
  const renamed = { where: '/etc/praas.conf:3', oldName: 'retain', newName: 'retain_days' };
  expectVerdict(judgeRenamed(renamed), 'warning', 'retain_days');
  const judgements = await configFileCheck('/etc/praas.conf', undefined, [renamed]).run();
  expect(judgements.map(({ check, verdict }) => [check, verdict])).toEqual([
    ['praas.conf', 'ok'],
    ['retain', 'warning'],
  ]);
});

test('only root has access to files with secrets', () => {
  const file = { content: 'the tokens', path: '/etc/tokens' };
  expectVerdict(judgeMode(file, 0o600), 'ok', '0600');
  expectVerdict(judgeMode(file, 0o640), 'warning', 'the tokens');
  expectVerdict(judgeMode(file, 0o604), 'warning', '0604');
});

test('the certificate is valid, and not only for days', () => {
  const between = (from: number, to: number) =>
    judgeCertificate(
      {
        subject: 'CN=node\nO=praas',
        validFrom: new Date(NOW.getTime() + from * DAY_MS).toUTCString(),
        validTo: new Date(NOW.getTime() + to * DAY_MS).toUTCString(),
      },
      NOW,
    );
  expectVerdict(between(-1, 90), 'ok', 'CN=node, O=praas');
  expectVerdict(between(-1, 13), 'warning', '14 Jan 2030');
  expectVerdict(between(-9, -1), 'failed', '31 Dec 2029');
  expectVerdict(between(1, 90), 'failed', '02 Jan 2030');
  expect(between(1, 90).next_step).toContain('clock');
});

test('a port is free, in use by praas, or in use by another program', () => {
  const port = { key: 'port_app', port: 3000 } as const;
  const line = (address: string, name: string) => `LISTEN 0 511 ${address} 0.0.0.0:* users:(("${name}",pid=7,fd=1))\n`;
  expectVerdict(judgePort(port, line('127.0.0.1:13000', 'nginx')), 'ok');
  expectVerdict(judgePort(port, line('127.0.0.1:3000', 'praas serve')), 'ok', 'praas');
  expectVerdict(judgePort(port, line('[::]:3000', 'nginx')), 'failed', 'nginx');
  expectVerdict(judgePort(port, 'LISTEN 0 511 *:3000 *:*\n'), 'failed');
});

test('free space for records', () => {
  const space = { freeBytes: 900 * MIB, freeInodes: 9e5, allInodes: 1e6 };
  expectVerdict(judgeSpace('/s', space), 'ok', '900 MiB');
  expectVerdict(judgeSpace('/s', { ...space, freeBytes: 50 * MIB }), 'warning', '50 MiB');
  expectVerdict(judgeSpace('/s', { ...space, freeBytes: MIB }), 'failed', '1 MiB');
  expectVerdict(judgeSpace('/s', { ...space, freeInodes: 3 }), 'failed', '3 inodes');
  expectVerdict(judgeSpace('/s', { ...space, freeInodes: 0, allInodes: 0 }), 'ok', '900 MiB');
  expect(judgeDamagedFiles([])).toEqual([]);
  expectVerdict(judgeDamagedFiles(['a.json.damaged-1'])[0], 'warning', 'a.json.damaged-1');
});

test('the offset of the clock from that of OpenStack', () => {
  const at = (seconds: number) => judgeOffset(NOW.toUTCString(), new Date(NOW.getTime() + seconds * 1000));
  expectVerdict(at(0), 'ok', '0 s');
  expectVerdict(at(-20), 'warning', '20 s behind');
  expectVerdict(at(90), 'failed', '90 s ahead');
  expectVerdict(judgeOffset(undefined, NOW), 'skipped');
});

test('services', () => {
  const service = (changes: Record<string, string>) =>
    judgeService(
      'praas-pat-agent.service',
      new Map(Object.entries({ LoadState: 'loaded', ActiveState: 'active', UnitFileState: 'enabled', ...changes })),
    );
  expectVerdict(service({}), 'ok');
  expectVerdict(service({ LoadState: 'not-found' }), 'skipped');
  expectVerdict(service({ ActiveState: 'failed' }), 'failed', 'failed');
  expectVerdict(service({ ActiveState: 'inactive' }), 'failed', 'inactive');
  expectVerdict(service({ ActiveState: 'inactive', Result: 'exec-condition' }), 'warning', 'OpenStack');
  expectVerdict(service({ UnitFileState: 'disabled' }), 'warning', 'disabled');
  expectVerdict(service({ NRestarts: '9' }), 'failed', '9');
  expectVerdict(service({ NeedDaemonReload: 'yes' }), 'warning');
});

test('the monitor agent: what it does not hear is in its words, and one that does not run is no finding', async () => {
  const deaf = { isReady: false, failures: ['monitor: exchange nova not found on the message broker'] };
  expectVerdict(judgeMonitor(deaf), 'failed', 'exchange nova');
  expectVerdict(judgeMonitor({ isReady: true, failures: [] }), 'ok');
  expect(await monitorAgentCheck(async () => undefined).run()).toEqual([]);
  expect(await monitorAgentCheck(async () => deaf).run()).toEqual([judgeMonitor(deaf)]);
});

test('the PAT agent', () => {
  expectVerdict(judgeReadiness('/s', undefined), 'warning', '/s');
  expectVerdict(judgeReadiness('/s', { isReady: true, failures: [] }), 'ok');
  expectVerdict(judgeReadiness('/s', { isReady: true, failures: ['cloud: away'] }), 'warning', 'cloud: away');
  expectVerdict(judgeReadiness('/s', { isReady: false, failures: ['kernel: no nft'] }), 'failed', 'no nft');
});

test('the cloud and its message broker', () => {
  const view = {
    name: 'praas',
    routers: 2,
    servers: 5,
    hasProjectList: true,
    plainServices: [],
    date: undefined,
    now: NOW,
  };
  expect(judgeView(view).map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
  expectVerdict(judgeView({ ...view, hasProjectList: false })[1], 'warning', 'projects');
  expect(judgeView(view)).toHaveLength(2);
  expectVerdict(judgeView({ ...view, plainServices: ['network'] })[2], 'warning', 'network');
  expectVerdict(judgeView({ ...view, routers: 0 })[2], 'warning', 'no routers');
  expectVerdict(judgeBroker('rabbit:5672', undefined), 'ok');
  expectVerdict(judgeBroker('rabbit:5672', 'connection refused'), 'warning', 'connection refused');
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
  const evidence = {
    importable: 0,
    tables: { legacy: [], nft: ['nat', 'praas'] },
    connectionTable: { used: 1, limit: 1000 },
    warnings: [],
    path: [],
    isStandby: false,
  };

  test('that matches the store has no finding', () => expect(judgeRouter(details, evidence)).toEqual([]));

  test('with both variants of iptables has one finding for them', () => {
    const warnings = [{ code: 'BOTH_IPTABLES_VARIANTS', text: 'both variants' }] as const;
    const tables = { legacy: ['nat', 'filter'], nft: ['nat'] };
    const judgements = judgeRouter(details, { ...evidence, tables, warnings });
    expect(judgements).toHaveLength(1);
    expectVerdict(judgements[0], 'warning', '(nat)');
  });

  test('with rules that are missing, and some that are unexpected', () => {
    const drift = { missing: ['a'], unexpected: ['b', 'c'] };
    const [judgement] = judgeRouter({ ...details, drift }, evidence);
    expectVerdict(judgement, 'warning');
    expect(judgement?.detail).toMatch(/1 .*2/);
  });

  test('with mappings and without a gateway', () => {
    const [judgement] = judgeRouter({ ...details, gateway_ips: [] }, evidence);
    expectVerdict(judgement, 'warning', '2 mappings');
    expect(judgement?.next_step).toContain(`--external-gateway NETWORK ${ROUTER}`);
  });

  test('that is a standby HA instance has no gateway address and no finding for that', () => {
    expect(judgeRouter({ ...details, gateway_ips: [] }, { ...evidence, isStandby: true })).toEqual([]);
  });

  test('that forwards nothing, and one whose filter may drop packets', () => {
    const hops = [
      { hop: 'forwarding', verdict: 'failed', detail: 'forwarding is off', next_step: 'Turn it on.' },
      { hop: 'filter', verdict: 'unknown', detail: '-P FORWARD DROP', next_step: '' },
    ] as const;
    const judgements = judgeRouter(details, { ...evidence, path: hops });
    expectVerdict(judgements[0], 'failed', 'forwarding is off');
    expectVerdict(judgements[1], 'warning', '-P FORWARD DROP');
    expect(judgements).toHaveLength(2);
  });

  test('that cannot be read is a failure with the step of its error, and one that has just been deleted is none', () => {
    const unread = praasError('TABLE_UNREADABLE', { router: 'edge', table: 'nat' });
    const [judgement] = judgeUnread(ROUTER, unread);
    expectVerdict(judgement, 'failed', unread.message);
    expect(judgement?.next_step).toBe(unread.nextSteps.join(' '));
    expect(judgeUnread(ROUTER, praasError('ROUTER_NOT_FOUND', { router: ROUTER, known: [] }))).toEqual([]);
    expectVerdict(judgeUnread(ROUTER, new Error('EIO'))[0], 'warning', 'EIO');
  });

  test('that are all missing: a failure without their directory, a warning in an empty one, nothing without mappings', () => {
    const unreadable = praasError('NAMESPACES_UNREADABLE', { directory: '/run/netns', reason: 'ENOENT' });
    expectVerdict(judgeNoRouters(unreadable), 'failed', '/run/netns');
    const empty = praasError('ROUTER_NOT_FOUND', { router: ROUTER, known: [], directory: '/run/netns' });
    expectVerdict(judgeNoRouters(empty), 'warning', '/run/netns');
    expectVerdict(judgeNoRouters(undefined), 'skipped', 'none');
  });

  test('with rules that can be imported', () => {
    const [judgement] = judgeRouter(details, { ...evidence, importable: 3 });
    expectVerdict(judgement, 'warning', '3');
    expect(judgement?.next_step).toContain('praas pat import');
  });

  test('whose connection table fills up has a finding that shows its own namespace', () => {
    const at = (used: number) => judgeRouter(details, { ...evidence, connectionTable: { used, limit: 1000 } });
    expect(at(799)).toEqual([]);
    expectVerdict(at(900)[0], 'warning', '900 of 1000');
    expectVerdict(at(990)[0], 'failed', '990 of 1000');
    expect(at(900)[0]?.next_step).toContain(`qrouter-${ROUTER}`);
    expect(judgeRouter(details, { ...evidence, connectionTable: undefined })).toEqual([]);
  });
});
