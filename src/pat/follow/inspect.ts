/**
 * Two ways to look at the cloud. A sweep reads lists: as many requests as there are pages, however many mappings. A close
 * look asks for what these mappings depend on, and for what a list does not have again by its ID: only a service's own
 * word that there is no such thing proves that it is gone.
 */
import { isUuid } from '../../core/values/uuid.ts';
import { isPraasError } from '../errors.ts';
import type { Cloud, CloudPort } from '../interfaces/cloud.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { CloudSnapshot } from './cloud-snapshot.ts';

export interface SweepSnapshot {
  readonly snapshot: CloudSnapshot;
  /** Bound ports: only who sees all of a cloud sees where they are bound. */
  readonly bound: readonly string[];
  /** Nothing at all in a list that mappings say has something. */
  readonly empty: readonly string[];
}

/** Throws the errors of Cloud. */
export async function sweepCloud(cloud: Cloud, mappings: readonly Mapping[]): Promise<SweepSnapshot> {
  const projects = unique(mappings.map(({ project_id }) => project_id));
  const [routers, ports, servers, known] = await Promise.all([
    cloud.routers(),
    cloud.ports({}),
    cloud.servers(),
    projectsOf(cloud),
  ]);
  const goneProjects = new Set(known ? projects.filter((project) => !known.has(project)) : []);
  const wants = (field: 'port_id' | 'server_id'): boolean => mappings.some((mapping) => mapping[field] !== null);
  const empty = [
    ...(routers.length === 0 && mappings.some(({ router_id }) => isUuid(router_id)) ? ['routers'] : []),
    ...(ports.length === 0 && wants('port_id') ? ['ports'] : []),
    ...(servers.length === 0 && wants('server_id') ? ['servers'] : []),
    ...(known?.size === 0 && projects.length > 0 ? ['projects'] : []),
  ];
  const bound = ports.filter(({ host }) => host !== '').map(({ id }) => id);
  return { snapshot: new CloudSnapshot({ routers, ports, servers, goneProjects }), bound, empty };
}

/** Throws the errors of Cloud: what cannot be asked is not gone. */
export async function verifyMappings(cloud: Cloud, mappings: readonly Mapping[]): Promise<CloudSnapshot> {
  const inNeutron = mappings.filter(({ router_id }) => isUuid(router_id));
  const routerIds = unique(inNeutron.map(({ router_id }) => router_id));
  const portIds = unique(inNeutron.map(({ port_id }) => port_id));
  const serverIds = unique(inNeutron.map(({ server_id }) => server_id));
  const projects = unique(mappings.map(({ project_id }) => project_id));
  const [routers, ports, devicePorts, withAddress, servers, gone] = await Promise.all([
    each(routerIds, (id) => cloud.router(id)),
    portsById(cloud, portIds),
    cloud.ports({ deviceIds: [...routerIds, ...serverIds] }),
    portsByAddress(cloud, inNeutron),
    each(serverIds, (id) => cloud.server(id)),
    goneOf(cloud, projects),
  ]);
  const all = [...devicePorts, ...withAddress, ...ports];
  return new CloudSnapshot({ routers, ports: all, servers, goneProjects: new Set(gone) });
}

/** Whether this account still sees where at least one of these ports is bound: one that may not sees other tenants' things as gone. */
export async function seesAll(cloud: Pick<Cloud, 'port'>, bound: readonly string[]): Promise<boolean> {
  for (const id of bound) {
    const port = await cloud.port(id);
    if (port !== undefined && port.host !== '') return true;
  }
  return false;
}

async function portsById(cloud: Cloud, ids: readonly string[]): Promise<readonly CloudPort[]> {
  const listed = await cloud.ports({ ids });
  const found = new Set(listed.map(({ id }) => id));
  const others = ids.filter((id) => !found.has(id));
  return [...listed, ...(await each(others, (id) => cloud.port(id)))];
}

/** For mappings that were published by their address. */
async function portsByAddress(cloud: Cloud, mappings: readonly Mapping[]): Promise<readonly CloudPort[]> {
  const addresses = unique(mappings.map(({ port_id, server_ip }) => (port_id === null ? server_ip : null)));
  return (await each(addresses, (ip_address) => cloud.ports({ ip_address }))).flat();
}

/** Undefined where this account may not list them: then no project is ever taken for gone. */
async function projectsOf(cloud: Cloud): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await cloud.projectIds());
  } catch (error) {
    if (isPraasError(error, 'CLOUD_REFUSED')) return undefined;
    throw error;
  }
}

async function goneOf(cloud: Cloud, ids: readonly string[]): Promise<readonly string[]> {
  const gone = await each(ids, async (id) => ((await hasProject(cloud, id)) ? undefined : id));
  return gone;
}

async function hasProject(cloud: Cloud, id: string): Promise<boolean> {
  try {
    return await cloud.hasProject(id);
  } catch (error) {
    if (isPraasError(error, 'CLOUD_REFUSED')) return true;
    throw error;
  }
}

/** So many questions at once. */
const AT_ONCE = 8;

async function each<I, O>(items: readonly I[], ask: (item: I) => Promise<O | undefined>): Promise<O[]> {
  const found: O[] = [];
  for (let first = 0; first < items.length; first += AT_ONCE) {
    const answers = await Promise.all(items.slice(first, first + AT_ONCE).map(ask));
    found.push(...answers.filter((answer) => answer !== undefined));
  }
  return found;
}

function unique(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}
