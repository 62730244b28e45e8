/** The daemons of the lab: how each is started, and how one sees that it answers. */
import { setTimeout } from 'node:timers/promises';
import { logOf, pidOf, start, stop } from './daemons.ts';
import { sql } from './database.ts';
import { hasSeenItsRouters } from './l3-agent.ts';
import { ETC, PASSWORD, PORTS, STATE } from './place.ts';
import { areListening } from './queues.ts';
import { LabError, run, say, succeeds, until } from './shell.ts';

const NEUTRON = ['--config-file', `${ETC}/neutron/neutron.conf`];
const as = (user: string): string[] => ['setpriv', '--reuid', user, '--regid', user, '--init-groups'];
const RABBIT = {
  HOME: '/var/lib/rabbitmq',
  RABBITMQ_CONF_ENV_FILE: `${ETC}/rabbitmq/rabbitmq-env.conf`,
  ERL_EPMD_ADDRESS: '127.0.0.1',
  // Erlang's own way to other nodes stays on loopback as well.
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +S 2:2',
};

interface Service {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly answers?: () => Promise<boolean>;
}

/**
 * An API in uwsgi. It closes each connection after its answer and would not say so: clients that keep connections would
 * now and then lose a request.
 */
function wsgi(port: number, processes: number, file: string, env: Readonly<Record<string, string>>): Service {
  const options = ['--master', '--die-on-term', '--lazy-apps', '--need-app', '--enable-threads', '--thunder-lock'];
  const sizes = ['--processes', `${processes}`, '--threads', '1', '--buffer-size', '65535', '--socket-timeout', '60'];
  const more = ['--add-header', 'Connection: close', '--chdir', '/', '--disable-logging', '--wsgi-file', file];
  const argv = ['uwsgi', '--plugin', 'python3', '--http-socket', `127.0.0.1:${port}`, ...options, ...sizes, ...more];
  return { argv, env, answers: () => answersHttp(port) };
}

const nova = (name: string, file: string): Service => ({
  argv: [`${STATE}/bin/${name}`, '--config-file', `${ETC}/nova/${file}`],
});

/** In the order in which they are started; stopped in the other. */
export const SERVICES: Readonly<Record<string, Service>> = {
  mariadb: {
    argv: ['mariadbd', `--defaults-file=${ETC}/mysql/my.cnf`],
    answers: async () => (await sql('select 1')) !== '',
  },
  memcached: { argv: ['memcached', '-u', 'memcache', '-l', '127.0.0.1', '-p', '11211', '-m', '32'] },
  // By itself, before RabbitMQ: Erlang would start another one that is never stopped.
  epmd: { argv: [...as('rabbitmq'), 'epmd'], env: RABBIT },
  rabbitmq: { argv: [...as('rabbitmq'), '/usr/lib/rabbitmq/bin/rabbitmq-server'], env: RABBIT, answers: answersAmqp },
  keystone: wsgi(PORTS.identity, 2, '/usr/bin/keystone-wsgi-public', { OS_KEYSTONE_CONFIG_DIR: `${ETC}/keystone` }),
  'glance-api': {
    argv: [`${STATE}/bin/glance-api`, '--config-file', `${ETC}/glance/glance-api.conf`],
    answers: () => answersHttp(PORTS.image),
  },
  'placement-api': wsgi(PORTS.placement, 1, '/usr/bin/placement-api', {
    OS_PLACEMENT_CONFIG_DIR: `${ETC}/placement`,
  }),
  'neutron-server': {
    argv: ['neutron-server', ...NEUTRON, '--config-file', `${ETC}/neutron/ml2_conf.ini`],
    answers: () => answersHttp(PORTS.network),
  },
  'nova-api': wsgi(PORTS.compute, 1, '/usr/bin/nova-api-wsgi', { OS_NOVA_CONFIG_DIR: `${ETC}/nova` }),
  'nova-conductor': nova('nova-conductor', 'nova.conf'),
  'nova-scheduler': nova('nova-scheduler', 'nova.conf'),
  'nova-compute': nova('nova-compute', 'nova-cpu.conf'),
  'neutron-linuxbridge-agent': {
    argv: ['neutron-linuxbridge-agent', ...NEUTRON, '--config-file', `${ETC}/neutron/linuxbridge_agent.ini`],
  },
  'neutron-l3-agent': {
    argv: ['neutron-l3-agent', ...NEUTRON, '--config-file', `${ETC}/neutron/l3_agent.ini`],
    answers: hasSeenItsRouters,
  },
};

const STORES = ['mariadb', 'memcached', 'epmd', 'rabbitmq'];
const ANSWER_SECONDS = 120;
/** Those that miss the broker ask for it less and less often, at the end twice a minute. */
const LISTEN_SECONDS = 180;
const QUEUES = ['/usr/lib/rabbitmq/bin/rabbitmqctl', '-q', 'list_queues', 'name', 'consumers'];

/** Starts some and waits until each answers, and until those that missed their broker have found it. Throws LabError. */
export async function startServices(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { argv, env } = serviceOf(name);
    start(name, argv, env);
  }
  await Promise.all(
    names.map(async (name) => {
      const { answers } = serviceOf(name);
      if (answers) await until(`${name} (${logOf(name)}) answers`, ANSWER_SECONDS, answers);
    }),
  );
  if (names.includes('rabbitmq')) await untilListening();
  say(`${names.join(', ')}: up`);
}

export async function stopServices(...names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => (serviceOf(name), stop(name))));
}

/** First all that talk to the database and the queue, then these. */
export async function stopAll(): Promise<void> {
  await stopServices(...Object.keys(SERVICES).filter((name) => !STORES.includes(name)));
  for (const name of STORES.toReversed()) await stop(name);
}

/** Which run, by name, with their process. */
export function running(): ReadonlyMap<string, number | undefined> {
  return new Map(Object.keys(SERVICES).map((name) => [name, pidOf(name)]));
}

async function untilListening(): Promise<void> {
  const services = [...running()].flatMap(([name, pid]) => (pid === undefined ? [] : [name]));
  const all = async (): Promise<boolean> => areListening(services, await run([...as('rabbitmq'), ...QUEUES], RABBIT));
  await until('the services listen to each other again', LISTEN_SECONDS, all);
}

function serviceOf(name: string): Service {
  const service = SERVICES[name];
  if (!service) throw new LabError(`there is no service ${name}; there are: ${Object.keys(SERVICES).join(', ')}`);
  return service;
}

async function answersHttp(port: number): Promise<boolean> {
  await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) });
  return true;
}

/** The handshake that the services will do; a port that is open says little of a broker that is starting. */
async function answersAmqp(): Promise<boolean> {
  const ask = `import amqp; c = amqp.Connection(host='127.0.0.1:${PORTS.amqp}', userid='openstack', password='${PASSWORD}', connect_timeout=3); c.connect(); c.close()`;
  await setTimeout(300);
  return succeeds('/usr/bin/python3', '-c', ask);
}
