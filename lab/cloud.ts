/** The whole of it: how it starts, looks and ends. */
import { existsSync, rmSync } from 'node:fs';
import { createAccounts, createFlavor, createImage } from './accounts.ts';
import { Api, type Json } from './api.ts';
import { writeConfigFiles } from './config/files.ts';
import { column } from './database.ts';
import { endHelpers } from './helpers.ts';
import { installPackages } from './packages.ts';
import { LOGS, makeDirectories, STATE } from './place.ts';
import { createSchemas, discoverHosts, initDatabase, once } from './schemas.ts';
import { plugAll, serverNames, serverOf, unplugAll } from './servers.ts';
import { running, startServices, stopAll } from './services.ts';
import { run, say, until } from './shell.ts';
import { untilAllRouted } from './topology.ts';
import { recordForeignBridges, unwire, wireOutside } from './wiring.ts';

/** Installs what is missing, configures, starts, waits. May be called again at any time. */
export async function up(): Promise<void> {
  await installPackages();
  makeDirectories();
  await run(['chown', 'mysql:mysql', `${STATE}/run`]);
  await run(['chown', '-R', 'rabbitmq:rabbitmq', `${STATE}/rabbitmq`, `${LOGS}/rabbitmq`]);
  writeConfigFiles();
  if ([...running().values()].every((pid) => pid === undefined)) recordForeignBridges();
  await wireOutside();
  await initDatabase();
  // RabbitMQ is slow to start, and nothing needs it before the databases are made.
  const database = startServices('mariadb').then(createSchemas);
  await Promise.all([database, startServices('memcached', 'epmd', 'rabbitmq')]);
  await startServices('keystone');
  const apis = ['glance-api', 'placement-api', 'neutron-server', 'nova-api'];
  await Promise.all([once('accounts', createAccounts), startServices(...apis)]);
  // These log in as they start, and end when they cannot.
  await startServices('nova-conductor', 'nova-scheduler');
  await startServices('nova-compute', 'neutron-linuxbridge-agent', 'neutron-l3-agent');
  await once('image', createImage);
  await once('flavor', createFlavor);
  await untilAlive();
  await discoverHosts();
  await plugAll();
  await untilAllRouted();
  say('the lab is up');
}

/** Stops it and takes away what it made on this machine. Its databases stay. */
export async function down(): Promise<void> {
  if (!existsSync(STATE)) return;
  makeDirectories();
  // Only the database knows what is to be taken away. One that cannot start any more knows nothing.
  if (existsSync(`${STATE}/mysql/neutron`)) await startServices('mariadb').catch(() => undefined);
  const ids = await madeHere();
  await unplugAll();
  await stopAll();
  endHelpers();
  await unwire(ids);
  say(`the lab is down; its databases are kept in ${STATE}`);
}

/** The same, and forgets all of it but the packages. */
export async function wipe(): Promise<void> {
  await down();
  for (const path of [STATE, LOGS]) rmSync(path, { recursive: true, force: true });
}

/** Prints what runs, and which routers and servers there are. */
export async function status(): Promise<void> {
  makeDirectories();
  for (const [name, pid] of running()) console.log(`${name.padEnd(28)}${pid ?? 'down'}`);
  if (running().get('keystone') === undefined || running().get('neutron-server') === undefined) return;
  const { routers } = await new Api('admin').call('network', 'GET', '/routers');
  for (const { name, id, external_gateway_info } of routers as Json[]) {
    const [gateway] = external_gateway_info?.external_fixed_ips ?? [];
    console.log(`router ${name.padEnd(12)} ${id}  gateway ${gateway?.ip_address ?? 'none'}`);
  }
  for (const name of serverNames()) {
    const { server_id, ip, port_id } = serverOf(name);
    console.log(`server ${name.padEnd(12)} ${server_id}  ${ip}, port ${port_id}`);
  }
}

/** Nova's and Neutron's own word that the node takes part. */
async function untilAlive(): Promise<void> {
  const admin = new Api('admin');
  await until('nova-compute takes part', 120, async () => {
    const { services } = await admin.call('compute', 'GET', '/os-services?binary=nova-compute');
    return services.some((each: Json) => each.state === 'up');
  });
  await until("Neutron's agents take part", 120, async () => {
    const { agents } = await admin.call('network', 'GET', '/agents');
    return ['Linux bridge agent', 'L3 agent'].every((type) =>
      agents.some((each: Json) => each.agent_type === type && each.alive),
    );
  });
}

/** What Neutron called the things that it made on this machine. */
async function madeHere(): Promise<Parameters<typeof unwire>[0]> {
  const known = (query: string): Promise<readonly string[]> => column(query).catch(() => []);
  return {
    routers: await known('select id from neutron.routers'),
    ports: await known('select id from neutron.ports'),
    vnis: await known("select segmentation_id from neutron.networksegments where network_type = 'vxlan'"),
  };
}
