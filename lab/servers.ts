/** Servers: in Nova and Neutron as they should be, and in namespaces that answer. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Api, type Json, type User } from './api.ts';
import { known, logOf, start, stop } from './daemons.ts';
import { STATE } from './place.ts';
import { LabError, run, say, until } from './shell.ts';
import { type Guest, guestNamespace, plug, unplug, untilLetThrough, untilWired } from './wiring.ts';

export interface Server extends Guest {
  readonly server_id: string;
  readonly subnet_id: string;
  readonly project: User;
}

export interface NewServer {
  readonly name: string;
  readonly project?: User;
  /** The network's name; the project's own when left out. */
  readonly network?: string;
  readonly ip?: string;
}

export type Protocol = 'tcp' | 'udp';

const fileOf = (name: string): string => `${STATE}/servers/${name}.json`;

/** Names of all servers that the lab made. */
export function serverNames(): readonly string[] {
  return readdirSync(`${STATE}/servers`).map((file) => file.replace(/\.json$/, ''));
}

/** Throws LabError when there is none of that name. */
export function serverOf(name: string): Server {
  if (!existsSync(fileOf(name)))
    throw new LabError(`there is no server ${name}; there are: ${serverNames().join(', ')}`);
  return JSON.parse(readFileSync(fileOf(name), 'utf8')) as Server;
}

/** Gives it when packets pass between it and its router, if there is one. One of that name stays as it is. */
export async function createServer({
  name,
  project = 'demo',
  network = `private-${project}`,
  ip,
}: NewServer): Promise<Server> {
  if (existsSync(fileOf(name))) return serverOf(name);
  const api = new Api(project);
  const { id: uuid } = await api.find('network', 'networks', network);
  const server_id = await createInNova(api, name, { uuid, ...(ip !== undefined && { fixed_ip: ip }) });
  const { ports } = await api.call('network', 'GET', `/ports?device_id=${server_id}`);
  const server: Server = { name, project, server_id, ...(await guestOf(api, ports[0])) };
  save(server);
  await plug(server);
  await until(`the port of ${name} is ACTIVE`, 60, async () => {
    const { port } = await api.call('network', 'GET', `/ports/${server.port_id}`);
    return port.status === 'ACTIVE';
  });
  const address = `fixed_ips=ip_address%3D${server.gateway}`;
  const { ports: routers } = await api.call('network', 'GET', `/ports?network_id=${uuid}&${address}`);
  if (routers.length > 0) await untilWired(server);
  say(`server ${name}: ${server.ip}`);
  return server;
}

/** Gives the ID of the one that is ACTIVE, made now or by a command that came no further. One that failed is made again. */
async function createInNova(api: Api, name: string, network: object): Promise<string> {
  const { id: imageRef } = await api.find('image', 'images', 'tiny');
  const { id: flavorRef } = await api.find('compute', 'flavors', 'tiny');
  const wish = { name, imageRef, flavorRef, networks: [network], security_groups: [{ name: 'web' }] };
  const broken = await api.find('compute', 'servers', name);
  if (broken && (await api.call('compute', 'GET', `/servers/${broken.id}`)).server.status === 'ERROR') {
    await deleteInNova(api, broken.id);
  }
  const { id } = await api.ensure('compute', 'servers', 'server', wish);
  const server = await until(`server ${name} is built`, 120, async () => {
    const { server: now } = await api.call('compute', 'GET', `/servers/${id}`);
    return now.status !== 'BUILD' && now;
  });
  if (server.status !== 'ACTIVE') throw new LabError(`server ${name} is ${server.status}: ${server.fault?.message}`);
  return id;
}

export async function deleteServer(name: string): Promise<void> {
  const server = serverOf(name);
  const api = new Api(server.project);
  await deleteInNova(api, server.server_id);
  await forget(server);
  say(`server ${name}: deleted`);
}

async function deleteInNova(api: Api, id: string): Promise<void> {
  await api.ask('compute', 'DELETE', `/servers/${id}`);
  await until(`server ${id} is gone`, 60, async () => {
    return (await api.ask('compute', 'GET', `/servers/${id}`)).status === 404;
  });
}

/** Gives it another address in its network. */
export async function changeAddress(name: string, ip: string): Promise<Server> {
  const before = serverOf(name);
  const api = new Api(before.project);
  const fixed_ips = [{ subnet_id: before.subnet_id, ip_address: ip }];
  const { port } = await api.call('network', 'PUT', `/ports/${before.port_id}`, { port: { fixed_ips } });
  const server = { ...before, ...(await guestOf(api, port)) };
  save(server);
  await plug(server);
  await untilLetThrough(server);
  say(`server ${name}: now ${ip}`);
  return server;
}

/** Plugs in again what a `down` took away. */
export async function plugAll(): Promise<void> {
  const servers = serverNames().map(serverOf);
  for (const server of servers) await plug(server);
  // Its router may be down, or gone, on purpose.
  const silent = (error: unknown): void => say(error instanceof Error ? error.message : String(error));
  await Promise.all(servers.map((server) => untilWired(server).catch(silent)));
}

export async function unplugAll(): Promise<void> {
  await unlistenAll();
  for (const name of serverNames()) await unplug(serverOf(name));
}

/** Starts a service there that answers HTTP or a datagram: `NAME sees ADDRESS:PORT`. Resolves when it listens. */
export async function listen(name: string, port: number, protocol: Protocol = 'tcp'): Promise<void> {
  const answerer = new URL('answerer.py', import.meta.url).pathname;
  const inside = ['ip', 'netns', 'exec', guestNamespace(name)];
  const daemon = listenerOf(name, port, protocol);
  start(daemon, [...inside, '/usr/bin/python3', answerer, name, `${port}`, protocol]);
  const look = [...inside, 'ss', protocol === 'tcp' ? '-Hlnt' : '-Hlnu', 'sport', '=', `:${port}`];
  await until(`${daemon} listens (${logOf(daemon)})`, 10, async () => (await run(look)) !== '');
}

export function unlisten(name: string, port: number, protocol: Protocol = 'tcp'): Promise<void> {
  return stop(listenerOf(name, port, protocol));
}

async function unlistenAll(): Promise<void> {
  await Promise.all(
    known()
      .filter((name) => name.startsWith('listen-'))
      .map(stop),
  );
}

async function forget(server: Server): Promise<void> {
  await Promise.all(
    known()
      .filter((name) => name.startsWith(`listen-${server.name}-`))
      .map(stop),
  );
  await unplug(server);
  rmSync(fileOf(server.name));
}

function save(server: Server): void {
  writeFileSync(`${fileOf(server.name)}.new`, `${JSON.stringify(server, null, 2)}\n`);
  renameSync(`${fileOf(server.name)}.new`, fileOf(server.name));
}

const listenerOf = (name: string, port: number, protocol: string): string => `listen-${name}-${port}-${protocol}`;

async function guestOf(api: Api, port: Json): Promise<Omit<Guest, 'name'> & { readonly subnet_id: string }> {
  const [{ subnet_id, ip_address: ip }] = port.fixed_ips;
  const { subnet } = await api.call('network', 'GET', `/subnets/${subnet_id}`);
  const { network } = await api.call('network', 'GET', `/networks/${port.network_id}`);
  return {
    port_id: port.id,
    network_id: port.network_id,
    subnet_id,
    mac: port.mac_address,
    ip,
    prefix: Number(subnet.cidr.split('/')[1]),
    gateway: subnet.gateway_ip,
    mtu: network.mtu ?? 1450,
  };
}
