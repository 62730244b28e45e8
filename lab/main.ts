/** The commands of the lab; see README.md. */
import { parseArgs } from 'node:util';
import { Api, type Service, type User } from './api.ts';
import { down, status, up, wipe } from './cloud.ts';
import { CLOUDS_FILE } from './place.ts';
import { changeAddress, createServer, deleteServer, listen, serverOf, unlisten } from './servers.ts';
import { startServices, stopServices } from './services.ts';
import { LabError } from './shell.ts';
import { createRouter, createTopology, deleteRouter, untilRouted } from './topology.ts';

const USAGE = `usage: lab COMMAND
  up                        install what is missing, configure, start, wait until all of it answers
  topology                  networks, routers edge and edge-other, servers web, db and otherweb
  status                    what runs, and what there is
  down                      stop all of it, remove what it made here, keep its databases
  wipe                      down, and forget everything but the Debian packages
  server create NAME [--project demo|other] [--network NAME] [--ip IP]
  server delete NAME
  server change-ip NAME IP
  router create NAME [--project demo|other] [--gateway] [--ha] [--subnet NAME]
  router delete NAME
  listen NAME PORT [udp]    start a service in a server; unlisten NAME PORT [udp] stops it
  start|stop|restart SERVICE...
  api USER SERVICE METHOD PATH [JSON]     as admin, demo or other; SERVICE: identity, network, compute, image
  env                       what the openstack command wants to know`;

type Command = (words: readonly string[]) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  up,
  down,
  wipe,
  status,
  async topology() {
    await createTopology();
    await status();
  },
  server: ([verb = '', ...words]) => pick(SERVER, verb)(words),
  router: ([verb = '', ...words]) => pick(ROUTER, verb)(words),
  async listen([name = '', port, protocol]) {
    await listen(serverOf(name).name, Number(port), protocol === 'udp' ? 'udp' : 'tcp');
  },
  unlisten: ([name = '', port, protocol]) => unlisten(name, Number(port), protocol === 'udp' ? 'udp' : 'tcp'),
  start: (names) => startServices(...names),
  stop: (names) => stopServices(...names),
  async restart(names) {
    await stopServices(...names);
    await startServices(...names);
  },
  async api([user, service, method = 'GET', path = '/', body]) {
    const answer = await new Api(user as User).ask(service as Service, method, path, body && JSON.parse(body));
    console.log(JSON.stringify(answer.body, null, 2));
    if (answer.status >= 400) throw new LabError(`status ${answer.status}`);
  },
  async env() {
    console.log(`export OS_CLIENT_CONFIG_FILE=${CLOUDS_FILE} OS_CLOUD=lab-admin`);
  },
};

const SERVER: Readonly<Record<string, Command>> = {
  async create(words) {
    const { name, values } = optionsOf(words);
    await createServer({ name, ...values } as Parameters<typeof createServer>[0]);
  },
  delete: async ([name = '']) => deleteServer(name),
  'change-ip': async ([name = '', ip = '']) => void (await changeAddress(name, ip)),
};

const ROUTER: Readonly<Record<string, Command>> = {
  async create(words) {
    const { name, values } = optionsOf(words);
    await createRouter({ name, ...values } as Parameters<typeof createRouter>[0]);
    if (values.gateway || values.subnet !== undefined) await untilRouted(name);
  },
  delete: async ([name = '']) => deleteRouter(name),
};

function optionsOf(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { project: text, network: text, ip: text, subnet: text, gateway: flag, ha: flag };
  const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
  const [name] = positionals;
  if (name === undefined) throw new LabError(USAGE);
  return { name, values };
}

function pick(table: Readonly<Record<string, Command>>, name: string): Command {
  const command = table[name];
  if (!command) throw new LabError(USAGE);
  return command;
}

const [name = 'help', ...words] = process.argv.slice(2);
try {
  if (['help', '-h', '--help'].includes(name)) console.log(USAGE);
  else if (process.getuid?.() === 0) await pick(COMMANDS, name)(words);
  else throw new LabError('it makes namespaces and starts services: run it as root');
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(`lab: ${error.message}`);
  process.exitCode = 1;
}
