import { expect, test } from '@jest/globals';
import { renderUnits, type UnitFacts } from '../../../src/admin/install/units.ts';

const FACTS: UnitFacts = {
  executable: '/usr/local/bin/praas',
  stateDirectory: '/var/lib/praas',
  logDirectory: '/var/log/praas',
  writtenPaths: ['/var/lib/praas', '/usr/local/etc/praas'],
  readPaths: ['/usr/local/etc/praas/clouds.yaml', ''],
  hasLowPort: false,
};

function linesOf(index: 0 | 1, facts: Partial<UnitFacts> = {}): string[] {
  return renderUnits({ ...FACTS, ...facts })[index]?.text.split('\n') ?? [];
}

test('both notify systemd, have a watchdog, and restart without limit', () => {
  for (const index of [0, 1] as const) {
    expect(linesOf(index)).toEqual(
      expect.arrayContaining(['Type=notify', 'WatchdogSec=180', 'Restart=always', 'StartLimitIntervalSec=0']),
    );
  }
});

test('neither takes the memory and the processes of the node', () => {
  expect(linesOf(0)).toEqual(expect.arrayContaining(['MemoryMax=2G', 'TasksMax=512']));
  expect(linesOf(1)).toEqual(expect.arrayContaining(['MemoryMax=1G', 'TasksMax=128']));
});

test('systemd creates the directories below /var; others are only made writable', () => {
  expect(linesOf(0)).toEqual(expect.arrayContaining(['StateDirectory=praas', 'LogsDirectory=praas']));
  const moved = linesOf(0, { stateDirectory: '/srv/praas', writtenPaths: ['/srv/praas'] });
  expect(moved.join('\n')).not.toContain('StateDirectory');
  expect(moved).toContain('ReadWritePaths=/run -/srv/praas');
});

test('capabilities and access to home directories depend on the configuration', () => {
  const right = expect.stringMatching(/^CapabilityBoundingSet=.*CAP_NET_BIND_SERVICE/);
  expect(linesOf(0)).not.toContainEqual(right);
  expect(linesOf(0, { hasLowPort: true })).toContainEqual(right);
  expect(linesOf(0)).toContain('ProtectHome=yes');
  expect(linesOf(0, { readPaths: ['/root/clouds.yaml'] })).toContain('ProtectHome=read-only');
});

test('the monitor has no capability, and is skipped where no cloud is configured', () => {
  expect(linesOf(1)).toEqual(
    expect.arrayContaining(['CapabilityBoundingSet=', 'ExecCondition=/usr/local/bin/praas monitor --check']),
  );
});
