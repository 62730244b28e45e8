import { expect, test } from '@jest/globals';
import { renderUnits, type UnitFacts } from '../../../src/admin/install/units.ts';

const FACTS: UnitFacts = {
  executable: '/usr/local/bin/praas',
  state_dir: '/var/lib/praas',
  log_dir: '/var/log/praas',
  written: ['/var/lib/praas', '/usr/local/etc/praas'],
  read: ['/usr/local/etc/praas/clouds.yaml', ''],
  hasLowPort: false,
};

function linesOf(index: 0 | 1, facts: Partial<UnitFacts> = {}): string[] {
  return renderUnits({ ...FACTS, ...facts })[index]?.text.split('\n') ?? [];
}

test('both say when they are ready, are watched, and are started again for ever', () => {
  for (const index of [0, 1] as const) {
    expect(linesOf(index)).toEqual(
      expect.arrayContaining(['Type=notify', 'WatchdogSec=60', 'Restart=always', 'StartLimitIntervalSec=0']),
    );
  }
});

test('systemd makes the usual directories; what is elsewhere is only made writable', () => {
  expect(linesOf(0)).toEqual(expect.arrayContaining(['StateDirectory=praas', 'LogsDirectory=praas']));
  const moved = linesOf(0, { state_dir: '/srv/praas', written: ['/srv/praas'] });
  expect(moved.join('\n')).not.toContain('StateDirectory');
  expect(moved).toContain('ReadWritePaths=/run -/srv/praas');
});

test('rights depend on what is configured', () => {
  const right = expect.stringMatching(/^CapabilityBoundingSet=.*CAP_NET_BIND_SERVICE/);
  expect(linesOf(0)).not.toContainEqual(right);
  expect(linesOf(0, { hasLowPort: true })).toContainEqual(right);
  expect(linesOf(0)).toContain('ProtectHome=yes');
  expect(linesOf(0, { read: ['/root/clouds.yaml'] })).toContain('ProtectHome=read-only');
});

test('the monitor has no capability, and is skipped where no cloud is configured', () => {
  expect(linesOf(1)).toEqual(
    expect.arrayContaining(['CapabilityBoundingSet=', 'ExecCondition=/usr/local/bin/praas monitor --check']),
  );
});
