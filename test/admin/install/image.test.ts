// An image has links that are meant for its own root; followed by this process they would lead out of it.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { planInstall } from '../../../src/admin/install/installation.ts';
import { TestSystem } from './support.ts';

const UNIT = '/etc/systemd/system/praas-pat-agent.service';

let system: TestSystem;
/** A directory of the machine that builds the image. */
let outside: string;

beforeEach(() => {
  system = new TestSystem();
  outside = mkdtempSync(join(tmpdir(), 'praas-outside-'));
});
afterEach(() => {
  for (const directory of [system.directory, outside]) rmSync(directory, { recursive: true, force: true });
});

/** Makes a link in the image, and a directory for it. */
function link(path: string, target: string): void {
  mkdirSync(dirname(system.tree.at(path)), { recursive: true });
  symlinkSync(target, system.tree.at(path));
}

async function install(): Promise<readonly string[]> {
  const options = { isStartRequested: false, isPackaged: false };
  return system.run(await planInstall(system.parts, system.desired('1'), options));
}

const inImage = (path: string): string => readFileSync(system.tree.at(path), 'utf8');

describe('a link above a file', () => {
  test.each([
    ['absolute', '/opt/systemd'],
    ['relative', '../opt/systemd'],
    ['that goes up further than there is', '../../../../../../../../opt/systemd'],
  ])('%s leads to the place that the system in the image means', async (_form, target) => {
    mkdirSync(system.tree.at('/opt/systemd'), { recursive: true });
    link('/etc/systemd', target);
    await install();

    expect(inImage('/opt/systemd/system/praas-pat-agent.service')).toContain('of 1');
  });

  test.each(['absolute', 'relative'])('%s to a directory of this machine is refused by its name', async (form) => {
    const up = '../'.repeat(20);
    link('/etc/systemd', form === 'absolute' ? outside : `${up}${outside.slice(1)}`);

    await expect(install()).rejects.toMatchObject({
      code: 'INSTALL_FAILED',
      facts: { reason: expect.stringContaining('/etc/systemd') },
    });
    expect(readdirSync(outside)).toEqual([]);
    expect(existsSync(system.tree.at('/usr'))).toBe(false);
  });

  test('a link behind a link is followed within the image, too', async () => {
    mkdirSync(system.tree.at('/data/units'), { recursive: true });
    link('/etc/systemd', '/srv/systemd');
    link('/srv/systemd/system', '/data/units');
    await install();

    expect(inImage('/data/units/praas-pat-agent.service')).toContain('of 1');
  });

  test('links in a circle are refused', async () => {
    link('/etc/systemd', '/srv/systemd');
    link('/srv/systemd', '/etc/systemd');

    await expect(install()).rejects.toThrow('/etc/systemd');
  });
});

describe('a link in the place of a file', () => {
  test('that is to be written is replaced, not written through', async () => {
    const target = join(outside, 'file');
    writeFileSync(target, 'of this machine');
    link('/etc/systemd/system/.praas-pat-agent.service.praas-new', target);
    await install();

    expect(inImage(UNIT)).toContain('of 1');
    expect(readFileSync(target, 'utf8')).toBe('of this machine');
  });

  test('whose content is to be kept is not read from this machine', async () => {
    writeFileSync(join(outside, 'file'), 'of this machine');
    link(UNIT, join(outside, 'file'));

    await expect(install()).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('of this machine');

    mkdirSync(system.tree.at(outside), { recursive: true });
    writeFileSync(system.tree.at(join(outside, 'file')), 'of the image');
    await install();

    expect([inImage(UNIT), inImage(join(outside, 'file'))]).toEqual([expect.stringContaining('of 1'), 'of the image']);
  });
});
