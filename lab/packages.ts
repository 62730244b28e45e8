/** The Debian 12 packages that the lab is made of. */
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { run, say } from './shell.ts';

const PACKAGES = `
  mariadb-server rabbitmq-server memcached uwsgi-core uwsgi-plugin-python3
  python3-keystone glance-common placement-common nova-common python3-nova
  neutron-common neutron-linuxbridge-agent neutron-l3-agent python3-openstacksdk
  sudo iptables ipset conntrack ebtables bridge-utils iproute2 procps iputils-ping iputils-arping curl
`
  .trim()
  .split(/\s+/);
const NO_SERVICES = '/usr/sbin/policy-rc.d';
const KEEP_FILES = '-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold';
const INSTALL = `apt-get install -y -qq --no-install-recommends ${KEEP_FILES}`.split(' ');

/** Installs those that are missing; none of them starts a service by itself. */
export async function installPackages(): Promise<void> {
  const missing: string[] = [];
  for (const name of PACKAGES) {
    const status = await run(['dpkg-query', '-W', '-f', '${db:Status-Status}', name]).catch(() => '');
    if (status !== 'installed') missing.push(name);
  }
  if (missing.length === 0) return say('packages: all there');
  say(`packages: installing ${missing.length} and what they need (some minutes)`);
  const isOurs = !existsSync(NO_SERVICES);
  if (isOurs) {
    writeFileSync(NO_SERVICES, '#!/bin/sh\nexit 101\n');
    chmodSync(NO_SERVICES, 0o755);
  }
  // The way to Debian's mirrors may be in the caller's environment.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run(['apt-get', 'update', '-qq'], env);
    await run([...INSTALL, ...missing], env);
  } finally {
    if (isOurs) rmSync(NO_SERVICES, { force: true });
  }
  say('packages: installed');
}
