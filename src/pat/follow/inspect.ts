/**
 * Two ways to read the cloud. A sweep reads lists: as many requests as they have pages, however many mappings there are. A
 * verification reads the resources of some mappings, and each that a list lacks by its ID: only a 404 for the ID proves that
 * the resource was deleted.
 */
import { inBatches } from '../../core/batches.ts';
import { isUuid } from '../../core/values/uuid.ts';
import { isPraasError } from '../errors.ts';
import type { Cloud, CloudPort } from '../interfaces/cloud.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { CloudSnapshot } from './cloud-snapshot.ts';

interface SweepSnapshot {
  readonly snapshot: CloudSnapshot;
  /** IDs of bound ports. Only an account that sees all projects sees where a port is bound. */
  readonly boundPortIds: readonly string[];
  /** The names of empty lists although mappings refer to resources of that kind. */
  readonly emptyLists: readonly string[];
}

/** Maximum number of requests at the same time. */
const CONCURRENCY = 8;

/** Throws the errors of Cloud. */
export async function sweepCloud(cloud: Cloud, mappings: readonly Mapping[]): Promise<SweepSnapshot> {
  const projectIds = unique(mappings.map(({ project_id }) => project_id));
  const [routers, ports, servers, existing] = await Promise.all([
    cloud.routers(),
    cloud.ports({}),
    cloud.servers(),
    existingProjects(cloud),
  ]);
  const deletedProjects = new Set(existing ? projectIds.filter((id) => !existing.has(id)) : []);
  const refersTo = (field: 'port_id' | 'server_id'): boolean => mappings.some((mapping) => mapping[field] !== null);
  const emptyLists = [
    ...(routers.length === 0 && mappings.some(({ router_id }) => isUuid(router_id)) ? ['routers'] : []),
    ...(ports.length === 0 && refersTo('port_id') ? ['ports'] : []),
    ...(servers.length === 0 && refersTo('server_id') ? ['servers'] : []),
    ...(existing?.size === 0 && projectIds.length > 0 ? ['projects'] : []),
  ];
  const boundPortIds = ports.filter(({ host }) => host !== '').map(({ id }) => id);
  return { snapshot: new CloudSnapshot({ routers, ports, servers, deletedProjects }), boundPortIds, emptyLists };
}

/** Throws the errors of Cloud: a resource that cannot be read counts as neither present nor deleted. */
export async function verifyMappings(cloud: Cloud, mappings: readonly Mapping[]): Promise<CloudSnapshot> {
  const inNeutron = mappings.filter(({ router_id }) => isUuid(router_id));
  const routerIds = unique(inNeutron.map(({ router_id }) => router_id));
  const portIds = unique(inNeutron.map(({ port_id }) => port_id));
  const serverIds = unique(inNeutron.map(({ server_id }) => server_id));
  const projectIds = unique(mappings.map(({ project_id }) => project_id));
  const [routers, ports, devicePorts, addressPorts, servers, deletedProjects] = await Promise.all([
    readEach(routerIds, (id) => cloud.router(id)),
    portsById(cloud, portIds),
    cloud.ports({ deviceIds: [...routerIds, ...serverIds] }),
    portsByAddress(cloud, inNeutron),
    readEach(serverIds, (id) => cloud.server(id)),
    readEach(projectIds, async (id) => ((await hasProject(cloud, id)) ? undefined : id)),
  ]);
  const all = [...devicePorts, ...addressPorts, ...ports];
  return new CloudSnapshot({ routers, ports: all, servers, deletedProjects: new Set(deletedProjects) });
}

/**
 * True when the account still sees where one of these ports is bound. An account that lost this permission sees the resources
 * of other projects as deleted.
 */
export async function seesAllProjects(cloud: Pick<Cloud, 'port'>, boundPortIds: readonly string[]): Promise<boolean> {
  for (const id of boundPortIds) {
    const port = await cloud.port(id);
    if (port !== undefined && port.host !== '') return true;
  }
  return false;
}

async function portsById(cloud: Cloud, ids: readonly string[]): Promise<readonly CloudPort[]> {
  const listed = await cloud.ports({ ids });
  const listedIds = new Set(listed.map(({ id }) => id));
  const others = ids.filter((id) => !listedIds.has(id));
  return [...listed, ...(await readEach(others, (id) => cloud.port(id)))];
}

/** For mappings that have a server address only. */
async function portsByAddress(cloud: Cloud, mappings: readonly Mapping[]): Promise<readonly CloudPort[]> {
  const addresses = unique(mappings.map(({ port_id, server_ip }) => (port_id === null ? server_ip : null)));
  return (await readEach(addresses, (ipAddress) => cloud.ports({ ip_address: ipAddress }))).flat();
}

/** Undefined when the account may not list projects; then no project counts as deleted. */
async function existingProjects(cloud: Cloud): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await cloud.projectIds());
  } catch (error) {
    if (isPraasError(error, 'CLOUD_REFUSED')) return undefined;
    throw error;
  }
}

async function hasProject(cloud: Cloud, id: string): Promise<boolean> {
  try {
    return await cloud.hasProject(id);
  } catch (error) {
    if (isPraasError(error, 'CLOUD_REFUSED')) return true;
    throw error;
  }
}

/** Leaves out what is undefined. */
async function readEach<I, O>(items: readonly I[], read: (item: I) => Promise<O | undefined>): Promise<O[]> {
  return (await inBatches(items, CONCURRENCY, read)).filter((result) => result !== undefined);
}

function unique(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}
