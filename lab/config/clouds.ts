/** How a client logs in at the lab. */
import { writeFileSync } from 'node:fs';
import { CLOUDS_FILE, KEYSTONE, PASSWORD } from '../place.ts';
import { REGION } from './common.ts';

/** One for each user in a project, as the openstack client reads them, and `lab-system` for the whole of it. */
export function writeClouds(): void {
  const users = { admin: 'admin', demo: 'demo', other: 'other', praas: 'service' };
  const common = { auth_url: KEYSTONE, password: PASSWORD, user_domain_name: 'Default' };
  const projects = Object.entries(users).map(([user, project]) => [
    `lab-${user}`,
    {
      region_name: REGION,
      auth: { ...common, username: user, project_name: project, project_domain_name: 'Default' },
    },
  ]);
  const system = { region_name: REGION, auth: { ...common, username: 'admin', system_scope: 'all' } };
  const clouds = Object.fromEntries([...projects, ['lab-system', system]]);
  // JSON is YAML as well.
  writeFileSync(CLOUDS_FILE, `${JSON.stringify({ clouds }, null, 2)}\n`);
}
