/** What the installer prints: the titles and notes of all steps, in one golden file. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { planInstall } from '../../../src/admin/install/installation.ts';
import { PAT_AGENT } from '../../../src/admin/install/paths.ts';
import { planRemoval } from '../../../src/admin/install/removal.ts';
import { planUpgrade } from '../../../src/admin/install/upgrade.ts';
import { errorOf } from '../../support/fake-node.ts';
import { expectGolden } from '../../support/golden.ts';
import { TestSystem } from './support.ts';

const UNIT = `/etc/systemd/system/${PAT_AGENT}`;
const DEFAULTS = { isStartRequested: true, isPackaged: false };

let system: TestSystem;
beforeEach(() => {
  system = new TestSystem();
});
afterEach(() => system.remove());

function put(path: string, text: string): void {
  const fullPath = system.tree.at(path);
  mkdirSync(dirname(fullPath), { recursive: true });
  writeFileSync(fullPath, text);
}

test('the steps of install, upgrade and uninstall', async () => {
  const sections: string[] = [];
  const add = (title: string, lines: readonly string[]): void =>
    void sections.push([title, ...lines.map((line) => `  ${line.replaceAll(system.directory, '')}`)].join('\n'));
  put(UNIT, 'unit of the Python version');
  put('/usr/local/etc/praas/praas.conf', 'settings of the operator');
  system.systemd.active.add(PAT_AGENT);
  system.answer = async () => ({ exitCode: 1, stdout: '', stderr: 'error' });
  add(
    'install over the Python version',
    await system.run(await planInstall(system.parts, system.desired('1'), DEFAULTS)),
  );

  const newer = system.desired('2', { files: system.desired('2').files.slice(0, 2) });
  add('install another version', await system.run(await planInstall(system.parts, newer, DEFAULTS)));

  system.systemd.broken.add(PAT_AGENT);
  const lines: string[] = [];
  const observer = {
    started: () => undefined,
    completed: () => undefined,
    failed: (title: string, reason: string) => void lines.push(`failed ${title}: ${reason}`),
    undone: (titles: readonly string[]) => void lines.push(...titles.map((title) => `undone ${title}`)),
  };
  const failing = await planInstall(system.parts, system.desired('3'), DEFAULTS);
  const error = await errorOf(system.run(failing, undefined, observer));
  add('install a version that does not become ready', [...lines, `Error: ${error.message}`]);
  system.systemd.broken.clear();

  const path = join(system.directory, 'praas-new');
  writeFileSync(path, 'another praas');
  chmodSync(path, 0o755);
  system.answer = async () => ({ exitCode: 0, stdout: 'praas/4.0.0 linux-x64 node-v24\n', stderr: '' });
  const upgrade = await planUpgrade(system.parts, {
    path,
    prefix: '/usr/local',
    stateDirectory: system.tree.at('/var/lib/praas'),
    isStartRequested: true,
    canReadState: async () => true,
  });
  add('upgrade', await system.run(upgrade));

  put('/srv/shared/file', 'of others');
  const purged = ['/usr/local/etc/praas', '/var/lib/praas', '/srv/shared'];
  add('uninstall', await system.run(await planRemoval(system.parts, { removeRules: async () => 3, purged })));

  put(UNIT, 'unit of the Python version');
  const packaged = system.desired('1', { files: [], absent: [UNIT] });
  const options = { isStartRequested: false, isPackaged: true };
  add('install as a package', await system.run(await planInstall(system.parts, packaged, options)));

  expect(sections).toHaveLength(6);
  expectGolden('texts/admin.install.txt', `${sections.join('\n\n')}\n`);
});
