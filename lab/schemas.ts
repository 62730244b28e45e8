/** What each service keeps in the database, made once. */
import { existsSync, writeFileSync } from 'node:fs';
import { sql } from './database.ts';
import { ETC, KEYSTONE, PASSWORD, STATE } from './place.ts';
import { run, say } from './shell.ts';

const DATABASES: Readonly<Record<string, string>> = {
  keystone: 'keystone',
  glance: 'glance',
  placement: 'placement',
  nova: 'nova',
  nova_api: 'nova',
  nova_cell0: 'nova',
  neutron: 'neutron',
};

type Command = readonly string[];

const NOVA = ['nova-manage', '--config-file', `${ETC}/nova/nova.conf`];
const KEYSTONE_MANAGE = ['keystone-manage', '--config-file', `${ETC}/keystone/keystone.conf`];
const FACES = `--bootstrap-region-id RegionOne
  --bootstrap-public-url ${KEYSTONE} --bootstrap-internal-url ${KEYSTONE} --bootstrap-admin-url ${KEYSTONE}`.split(
  /\s+/,
);
const AS_ROOT = ['--keystone-user', 'root', '--keystone-group', 'root'];
const CELL0 = `mysql+pymysql://nova:${PASSWORD}@127.0.0.1/nova_cell0?charset=utf8`;

const SCHEMAS: Readonly<Record<string, readonly Command[]>> = {
  neutron: [
    [
      'neutron-db-manage',
      ...['neutron.conf', 'ml2_conf.ini'].flatMap((file) => ['--config-file', `${ETC}/neutron/${file}`]),
      'upgrade',
      'heads',
    ],
  ],
  nova: [
    [...NOVA, 'api_db', 'sync'],
    [...NOVA, 'cell_v2', 'map_cell0', '--database_connection', CELL0],
    [...NOVA, 'db', 'sync'],
    [...NOVA, 'cell_v2', 'create_cell', '--name', 'cell1'],
  ],
  keystone: [
    [...KEYSTONE_MANAGE, 'db_sync'],
    [...KEYSTONE_MANAGE, 'fernet_setup', ...AS_ROOT],
    [...KEYSTONE_MANAGE, 'credential_setup', ...AS_ROOT],
    [...KEYSTONE_MANAGE, 'bootstrap', '--bootstrap-password', PASSWORD, ...FACES],
  ],
  glance: [['glance-manage', '--config-file', `${ETC}/glance/glance-api.conf`, 'db_sync']],
  placement: [['placement-manage', '--config-file', `${ETC}/placement/placement.conf`, 'db', 'sync']],
};

/** Does a step unless it was done before. A step that failed is done again. */
export async function once(name: string, work: () => Promise<unknown>): Promise<void> {
  const done = `${STATE}/done/${name}`;
  if (existsSync(done)) return;
  await work();
  writeFileSync(done, '');
  say(`${name}: done`);
}

/** MariaDB's own files. */
export function initDatabase(): Promise<void> {
  const file = `--defaults-file=${ETC}/mysql/my.cnf`;
  return once('database', async () => {
    await run(['install', '-d', '-o', 'mysql', '-g', 'mysql', `${STATE}/mysql`]);
    await run(['mariadb-install-db', file, '--auth-root-authentication-method=socket', '--skip-test-db']);
  });
}

/** The databases, and in them what each service wants, side by side. */
export async function createSchemas(): Promise<void> {
  await once('databases', () => sql(Object.entries(DATABASES).map(createDatabase).join('\n')));
  await Promise.all(
    Object.entries(SCHEMAS).map(([name, commands]) =>
      once(`schema of ${name}`, async () => {
        const env = { OS_PLACEMENT_CONFIG_DIR: `${ETC}/placement` };
        for (const argv of commands) await run(argv, env);
      }),
    ),
  );
}

/** Tells Nova of the one node that there is. */
export function discoverHosts(): Promise<void> {
  return once('compute node', () => run([...NOVA, 'cell_v2', 'discover_hosts']));
}

function createDatabase([name, user]: readonly [string, string]): string {
  const account = `'${user}'@'127.0.0.1'`;
  return [
    `CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb3;`,
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${PASSWORD}';`,
    `GRANT ALL ON ${name}.* TO ${account};`,
  ].join('\n');
}
