/**
 * The Debian package under a real dpkg, on a copy of this machine, with a praas that writes down how it is called. What the
 * real one does then is tried where systemd runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { buildDeb } from '../../scripts/build-deb.ts';
import { Machine } from '../support/machine.ts';

const STUB = `#!/bin/sh
echo "praas $*" >> /calls
[ ! -e /fail ] || { echo 'Error: not ready' >&2; exit 1; }
case $1 in
  install) mkdir -p /usr/local/lib/praas /usr/local/etc/praas /var/lib/praas /var/log/praas
    touch /usr/local/lib/praas/packaged.json /usr/local/etc/praas/praas.conf
    systemctl enable --quiet praas-pat-agent praas-monitor-agent ;;
  uninstall) rm /usr/local/lib/praas/packaged.json
    systemctl disable --quiet praas-pat-agent praas-monitor-agent ;;
esac
`;
const EPOCH = 1_760_000_000;
const INSTALL = 'praas install --package --start\n';

let directory: string;
let older: string;
let newer: string;
let machine: Machine;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-package-'));
  const executable = join(directory, 'praas');
  writeFileSync(executable, STUB);
  older = buildDeb({ executable, directory, version: '1.0.0', epoch: EPOCH });
  newer = buildDeb({ executable, directory, version: '1.1.0', epoch: EPOCH });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

beforeEach(async () => {
  machine = await Machine.copy();
  machine.bring(older);
  machine.bring(newer);
  machine.run(
    'rm -f /usr/sbin/policy-rc.d; rm -rf /usr/local/lib/praas /usr/local/etc/praas /var/lib/praas /var/log/praas',
  );
});
afterEach(() => machine?.remove());

/** That systemd is in its database is for the machines of users. */
const dpkg = (words: string): ReturnType<Machine['run']> => machine.run(`dpkg --force-depends ${words}`);
const status = (): string => machine.run("dpkg-query --show --showformat='${Version} ${Status}' praas").output;
/** How praas was called since this was asked last. */
const calls = (): string => machine.run('cat /calls; rm -f /calls').output;
const filesOfPraas = (): string =>
  machine.run('find /etc /usr /var -path "*praas*" ! -path "/var/lib/dpkg/*" ! -path "/usr/src/*"').output;

test('installs, upgrades, and is gone without a trace after a purge', () => {
  const before = filesOfPraas();

  expect(dpkg(`--install ${older}`)).toMatchObject({ code: 0 });
  expect([status(), calls()]).toEqual(['1.0.0 install ok installed', INSTALL]);
  expect(dpkg(`--install ${newer}`)).toMatchObject({ code: 0 });
  expect([status(), calls()]).toEqual(['1.1.0 install ok installed', INSTALL]);
  expect(dpkg('--purge praas')).toMatchObject({ code: 0 });
  expect(calls()).toBe('praas uninstall --package --keep-rules\n');
  machine.run('rmdir /usr/local/lib/praas');
  expect(filesOfPraas()).toBe(before);
});

test('leaves settings, mappings and logs at a removal, and starts again when it is installed again', () => {
  dpkg(`--install ${older}`);
  calls();

  expect(dpkg('--remove praas')).toMatchObject({ code: 0 });
  expect([status(), calls()]).toEqual(['1.0.0 deinstall ok config-files', 'praas uninstall --package --keep-rules\n']);
  expect(machine.run('ls -d /usr/local/etc/praas/praas.conf /var/lib/praas /var/log/praas')).toMatchObject({ code: 0 });
  expect(dpkg(`--install ${older}`)).toMatchObject({ code: 0 });
  expect(calls()).toBe(INSTALL);
});

test('refuses beside a praas of the installer, names the next step, and has changed nothing', () => {
  machine.run('mkdir -p /usr/local/lib/praas; touch /usr/local/lib/praas/installed.json');
  const before = filesOfPraas();
  const { code, output } = dpkg(`--install ${older}`);

  expect(code).not.toBe(0);
  expect(output).toContain('praas uninstall --keep-rules');
  expect(filesOfPraas()).toBe(before);
});

test('a start that fails can be done again when its cause is gone', () => {
  machine.run('touch /fail');
  const { code, output } = dpkg(`--install ${older}`);

  expect(code).not.toBe(0);
  expect(output).toMatch(/Error: not ready\n.*\n.*dpkg --configure praas/);
  expect(status()).toBe('1.0.0 install ok half-configured');
  machine.run('rm /fail');
  expect(dpkg('--configure praas')).toMatchObject({ code: 0 });
  expect(status()).toBe('1.0.0 install ok installed');
});

test('an upgrade leaves a service alone that has been disabled', () => {
  dpkg(`--install ${older}`);
  calls();
  machine.run('systemctl disable --quiet praas-pat-agent');

  expect(dpkg(`--install ${newer}`)).toMatchObject({ code: 0, output: expect.stringContaining('is disabled') });
  expect(calls()).not.toContain('praas install');
});

test('starts nothing where the administrator lets no package start services', () => {
  machine.run("printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d");

  expect(dpkg(`--install ${older}`)).toMatchObject({ code: 0 });
  expect(calls()).toBe('praas install --package --no-start\n');
});
