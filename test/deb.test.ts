/** The Debian package as dpkg-deb reads it, with something small for an executable. What it does is tried in test/box. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildDeb } from '../scripts/build-deb.ts';

const DEB = fileURLToPath(new URL('../deb', import.meta.url));
const SHARE = fileURLToPath(new URL('../share', import.meta.url));
const EPOCH = Date.UTC(2026, 0, 1) / 1000;
const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm'];

let directory: string;
let path: string;
const deb = (...args: readonly string[]): string =>
  execFileSync('dpkg-deb', args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
const build = (below: string): string => {
  const executable = join(directory, 'praas');
  writeFileSync(executable, '#!/bin/sh\n');
  return buildDeb({ executable, directory: join(directory, below), version: '1.2.3', epoch: EPOCH });
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-deb-test-'));
  path = build('first');
});
afterAll(() => rmSync(directory, { recursive: true }));

test('is named as apt names packages', () => {
  expect(path).toBe(join(directory, 'first/praas_1.2.3_amd64.deb'));
});

test('has a description and its dependencies', () => {
  expect(deb('--field', path, 'Package', 'Version', 'Architecture')).toBe(
    'Package: praas\nVersion: 1.2.3\nArchitecture: amd64\n',
  );
  expect(deb('--field', path, 'Depends')).toContain('conntrack (>= 1:1.4.7), iproute2, iptables | nftables (>= 1.0)');
  expect(Number(deb('--field', path, 'Installed-Size'))).toBeGreaterThan(100);
});

test('holds these files, all of root, all of one time', () => {
  const lines = deb('--contents', path).trimEnd().split('\n');
  const files = lines
    .filter((line) => !line.endsWith('/'))
    .map((line) => line.replace(/^(\S+) (\S+) .* \.\//, '$1 $2 /'));

  expect(files.toSorted()).toEqual(
    [
      '-rw-r--r-- root/root /usr/lib/systemd/system/praas-monitor-agent.service',
      '-rw-r--r-- root/root /usr/lib/systemd/system/praas-pat-agent.service',
      '-rw-r--r-- root/root /usr/share/bash-completion/completions/praas',
      '-rw-r--r-- root/root /usr/share/doc/praas/changelog.gz',
      '-rw-r--r-- root/root /usr/share/doc/praas/copyright',
      '-rw-r--r-- root/root /usr/share/man/man8/praas.8.gz',
      '-rw-r--r-- root/root /usr/share/zsh/vendor-completions/_praas',
      '-rwxr-xr-x root/root /usr/bin/praas',
    ].toSorted(),
  );
  for (const line of lines) expect(line).toMatch(/^[d-]rw[x-]r-[x-]r-[x-] root\/root .* 2026-01-01 00:00 /);
});

test('is the same, byte by byte, when it is built again', () => {
  expect(readFileSync(build('second')).equals(readFileSync(path))).toBe(true);
});

describe('unpacked', () => {
  let tree: string;
  beforeAll(() => {
    tree = join(directory, 'tree');
    deb('--raw-extract', path, tree);
  });

  test('has the checksums of its files', () => {
    expect(execFileSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: tree, encoding: 'utf8' })).toBe('');
  });

  test('starts /usr/bin/praas, and nothing of /usr/local', () => {
    for (const [unit, command] of Object.entries({ 'pat-agent': 'serve', 'monitor-agent': 'monitor' })) {
      const text = readFileSync(join(tree, `usr/lib/systemd/system/praas-${unit}.service`), 'utf8');
      expect(text).toContain(`\nExecStart=/usr/bin/praas ${command}`);
      expect(text).not.toContain('/usr/local/bin');
    }
  });

  test('has the man page and the completions that `praas install` places', () => {
    const page = execFileSync('gzip', ['-dc', join(tree, 'usr/share/man/man8/praas.8.gz')], { encoding: 'utf8' });
    const completion = readFileSync(join(tree, 'usr/share/bash-completion/completions/praas'), 'utf8');

    expect(page).toBe(readFileSync(join(SHARE, 'man/praas.8'), 'utf8'));
    expect(completion).toBe(readFileSync(join(SHARE, 'completions/praas.bash'), 'utf8'));
  });

  test('has the licences of Node and of the packages in the executable, and of no others', () => {
    const text = readFileSync(join(tree, 'usr/share/doc/praas/copyright'), 'utf8');

    for (const name of ['Node.js', 'express', '@oclif/core', 'zod']) expect(text).toContain(`\n${name}`);
    expect(text).not.toMatch(/^jest /m);
  });
});

describe.each(SCRIPTS)('%s', (name) => {
  test('is a shell script without mistakes, and stops at the first failure', () => {
    execFileSync('sh', ['-n', join(DEB, name)]);

    expect(readFileSync(join(DEB, name), 'utf8')).toMatch(/^#!\/bin\/sh\n(#.*\n)*set -e\n/);
  });

  test.each(['abort-upgrade', 'abort-install', 'abort-remove', 'failed-upgrade', 'disappear'])(
    'does nothing and succeeds when dpkg says %s',
    (word) => {
      expect(execFileSync('sh', ['-eu', join(DEB, name), word, '1.0.0'], { encoding: 'utf8', env: {} })).toBe('');
    },
  );
});
