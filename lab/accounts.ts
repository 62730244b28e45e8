/** Users, projects, endpoints, an image and a flavor: what a cloud has before its first tenant does anything. */
import { Api, type Json } from './api.ts';
import { PASSWORD, PORTS } from './place.ts';

const SERVICES = [
  { type: 'image', name: 'glance', url: `http://127.0.0.1:${PORTS.image}` },
  { type: 'placement', name: 'placement', url: `http://127.0.0.1:${PORTS.placement}` },
  { type: 'compute', name: 'nova', url: `http://127.0.0.1:${PORTS.compute}/v2.1` },
  { type: 'network', name: 'neutron', url: `http://127.0.0.1:${PORTS.network}` },
] as const;
/** The daemon's account is a service's, like the others. */
const SERVICE_USERS = [...SERVICES.map(({ name }) => name), 'praas'];
const TENANTS = ['demo', 'other'];
const DOMAIN = { domain_id: 'default' };

export async function createAccounts(): Promise<void> {
  const admin = new Api('admin');
  const role = (name: string): Promise<Json> => admin.ensure('identity', 'roles', 'role', { name });
  const roles = { member: await role('member'), admin: await role('admin'), service: await role('service') };
  await admin.ensure('identity', 'projects', 'project', { name: 'service', ...DOMAIN });
  await Promise.all([
    ...SERVICE_USERS.map((name) => createUser(admin, name, 'service', [roles.admin, roles.service])),
    ...TENANTS.map((name) => createUser(admin, name, name, [roles.member])),
    ...SERVICES.map((service) => createService(admin, service)),
  ]);
}

async function createUser(admin: Api, name: string, project_name: string, roles: readonly Json[]): Promise<void> {
  const user = await admin.ensure('identity', 'users', 'user', { name, password: PASSWORD, ...DOMAIN });
  const project = await admin.ensure('identity', 'projects', 'project', { name: project_name, ...DOMAIN });
  for (const { id } of roles)
    await admin.call('identity', 'PUT', `/projects/${project.id}/users/${user.id}/roles/${id}`);
}

async function createService(admin: Api, { type, name, url }: (typeof SERVICES)[number]): Promise<void> {
  const { id: serviceId } = await admin.ensure('identity', 'services', 'service', { name, type });
  const { endpoints } = await admin.call('identity', 'GET', `/endpoints?service_id=${serviceId}`);
  for (const face of ['public', 'internal', 'admin']) {
    if (endpoints.some((each: Json) => each.interface === face)) continue;
    const endpoint = { service_id: serviceId, interface: face, url, region_id: 'RegionOne' };
    await admin.call('identity', 'POST', '/endpoints', { endpoint });
  }
}

/** A kilobyte that no computer could start; the hypervisor only pretends to. */
export async function createImage(): Promise<void> {
  const admin = new Api('admin');
  if (await admin.find('image', 'images', 'tiny')) return;
  const facts = { name: 'tiny', disk_format: 'raw', container_format: 'bare', visibility: 'public' };
  const image = await admin.call('image', 'POST', '/images', facts);
  await admin.call('image', 'PUT', `/images/${image.id}/file`, new Uint8Array(1024));
}

/** With a disk: members may not use a flavor without one. */
export async function createFlavor(): Promise<void> {
  await new Api('admin').ensure('compute', 'flavors', 'flavor', { name: 'tiny', ram: 64, vcpus: 1, disk: 1 });
}
