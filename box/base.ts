/** The files that every box begins with: a Debian 12 with what praas wants on a network node, and with nothing of praas. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError, run } from '../lab/shell.ts';

const CACHE = '/var/cache/praas-box';
const SUITE = 'bookworm';
const PACKAGES =
  'systemd systemd-sysv dbus iproute2 util-linux conntrack iptables nftables python3-minimal procps libstdc++6 bash-completion man-db';
/** They would run at a time of their own, and there is nothing for them to do. */
const TIMERS = ['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer'];
/** What is different with another list of packages is another base. */
const BASE = join(CACHE, `base-${createHash('sha256').update(`${SUITE} ${PACKAGES}`).digest('hex').slice(0, 8)}`);

/** The directory with them; makes it where it is missing, which takes a minute. Throws LabError. */
export async function base(): Promise<string> {
  if (!existsSync(BASE)) await run([fileURLToPath(new URL('box', import.meta.url)), 'base'], process.env);
  return BASE;
}

/** Makes it, unless somebody has. One at a time: see the launcher. */
export async function makeBase(): Promise<void> {
  if (existsSync(BASE)) return;
  mkdirSync(CACHE, { recursive: true });
  for (const old of readdirSync(CACHE)) rmSync(join(CACHE, old), { recursive: true, force: true });
  const tree = `${BASE}.new`;
  const what = ['--variant=minbase', `--include=${PACKAGES.replaceAll(' ', ',')}`, SUITE, tree, await mirror()];
  // The machine may have been made by debootstrap itself, which then prefers what it left in /debootstrap.
  const env = { ...process.env, DEBOOTSTRAP_DIR: '/usr/share/debootstrap' };
  // In a mount namespace: one that is cut short leaves nothing mounted.
  await run(['unshare', '--mount', 'debootstrap', ...what], env);
  finish(tree);
  renameSync(tree, BASE);
}

/** Forgets it. Throws where a box runs on it. */
export function removeBase(): void {
  rmSync(CACHE, { recursive: true, force: true });
}

/** Where apt of this machine gets its packages. */
async function mirror(): Promise<string> {
  const format = ['--format', '$(RELEASE) $(SITE)', 'Created-By: Packages'];
  const lines = (await run(['apt-get', 'indextargets', ...format])).split('\n');
  const line = lines.find((each) => each.startsWith(`${SUITE} `));
  if (line === undefined) throw new LabError(`apt of this machine has no source with ${SUITE}`);
  return line.slice(SUITE.length + 1);
}

function finish(tree: string): void {
  for (const name of readdirSync(`${tree}/var/cache/apt/archives`)) {
    if (name.endsWith('.deb')) rmSync(`${tree}/var/cache/apt/archives/${name}`);
  }
  writeFileSync(`${tree}/etc/machine-id`, '');
  rmSync(`${tree}/etc/hostname`, { force: true });
  // There is no way to a mirror in a box.
  writeFileSync(`${tree}/etc/apt/sources.list`, '');
  // The journal of the boot before is there after a power cut.
  mkdirSync(`${tree}/var/log/journal`, { recursive: true });
  for (const name of TIMERS) {
    rmSync(`${tree}/etc/systemd/system/${name}`, { force: true });
    symlinkSync('/dev/null', `${tree}/etc/systemd/system/${name}`);
  }
}
