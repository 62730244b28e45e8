/** The Debian package with the real praas, under a real dpkg and systemd. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { buildDeb } from '../../scripts/build-deb.ts';
import { expectUnbroken, ROUTER_ID, SERVER_IP, TestBox } from '../support/box.ts';

const EXECUTABLE = fileURLToPath(new URL('../../build/praas', import.meta.url));
const PAT = 'praas-pat-agent';
const PORT = 4022;
const [OLDER, NEWER] = ['/root/older.deb', '/root/newer.deb'];

let directory: string;
let debs: readonly [string, string];
let box: TestBox;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-package-'));
  const build = (version: string): string =>
    buildDeb({ executable: EXECUTABLE, directory, version, epoch: 1_760_000_000, inHaste: true });
  debs = [build('1.0.0'), build('1.1.0')];
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

beforeEach(async () => {
  box = await TestBox.up();
  await box.copyIn(debs[0], OLDER);
  await box.copyIn(debs[1], NEWER);
});
afterEach(() => box?.remove());

const dpkg = (...words: string[]): Promise<string> => box.run('dpkg', ...words);
const WISH = ['--router', ROUTER_ID, '--server-ip', SERVER_IP, '--port', '22', '--router-port', String(PORT)];
const publish = (): Promise<string> => box.run('praas', 'pat', 'create', ...WISH);
/** What dpkg writes for itself is not praas'. */
async function files(): Promise<readonly string[]> {
  return (await box.files()).filter((line) => !/\/var\/(lib\/dpkg|log\/(dpkg|apt)|cache\/man)/.test(line));
}

test('installed, upgraded, removed, installed again: the port stays open, and no byte is lost', async () => {
  await dpkg('--install', OLDER);
  expect(await box.property(PAT, 'ActiveState')).toBe('active');
  expect(await box.property(PAT, 'FragmentPath')).toBe(`/lib/systemd/system/${PAT}.service`);
  expect(await box.isOpen(PORT)).toBe(false);
  await publish();
  expect(await box.isOpen(PORT)).toBe(true);

  const [stream, probe] = [await box.stream(PORT), await box.probe(PORT)];
  const pid = await box.property(PAT, 'MainPID');
  await dpkg('--install', NEWER);
  expect(await box.property(PAT, 'ActiveState')).toBe('active');
  expect(await box.property(PAT, 'MainPID')).not.toBe(pid);
  await dpkg('--remove', 'praas');
  expect(await box.property(PAT, 'ActiveState')).toBe('inactive');
  expect((await box.exec('praas', '--version')).exitCode).not.toBe(0);
  await dpkg('--install', NEWER);
  expect(await box.run('praas', 'pat', 'list', '-f', 'value', '-c', 'status')).toBe('ACTIVE\n');

  await expectUnbroken(stream, probe);
});

test('purged, nothing is left that was not there before', async () => {
  const before = await files();
  await dpkg('--install', OLDER);
  await publish();
  await box.run('praas', 'pat', 'delete', '--router', ROUTER_ID, '--all', '--yes');
  await dpkg('--purge', 'praas');
  expect(await files()).toEqual(before);
  expect(await box.property(PAT, 'LoadState')).toBe('not-found');
  expect(await box.run('systemctl', 'is-system-running')).toBe('running\n');
});
