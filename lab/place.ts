/** Where the lab keeps its files, and the names that its parts have for one another. */
import { mkdirSync } from 'node:fs';

export const STATE = '/var/lib/praas-lab';
export const LOGS = '/var/log/praas-lab';
export const ETC = `${STATE}/etc`;
/** Of every account, database and queue: nothing of the lab can be reached from another machine. */
export const PASSWORD = 'lab';
/** The `host` of Nova and Neutron. */
export const NODE_NAME = 'lab-node';
/** The namespace of the client outside, and its address, which is also the next hop of all routers. */
export const OUTSIDE = 'internet';
export const OUTSIDE_IP = '203.0.113.2';
export const OUTSIDE_NETWORK = '203.0.113.0/24';
export const CLOUDS_FILE = `${STATE}/clouds.yaml`;

export const PORTS = {
  identity: 5000,
  network: 9696,
  compute: 8774,
  image: 9292,
  placement: 8778,
  amqp: 5672,
} as const;
export const KEYSTONE = `http://127.0.0.1:${PORTS.identity}/v3`;
export const AMQP = `rabbit://openstack:${PASSWORD}@127.0.0.1:${PORTS.amqp}/`;

const DIRECTORIES = [
  LOGS,
  `${LOGS}/rabbitmq`,
  ...['pids', 'servers', 'done', 'run', 'lock', 'bin', 'rabbitmq', 'neutron', 'nova'].map((name) => `${STATE}/${name}`),
  ...['images', 'staging'].map((name) => `${STATE}/glance/${name}`),
  ...['fernet-keys', 'credential-keys'].map((name) => `${STATE}/keystone/${name}`),
  ...['mysql', 'rabbitmq', 'keystone', 'glance', 'placement', 'nova', 'neutron'].map((name) => `${ETC}/${name}`),
];

/** Makes every directory of the lab that is missing. */
export function makeDirectories(): void {
  for (const path of DIRECTORIES) mkdirSync(path, { recursive: true });
}
