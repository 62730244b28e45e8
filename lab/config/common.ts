/** What the configuration of one service shares with that of others. */
import { writeFileSync } from 'node:fs';
import { AMQP, ETC, KEYSTONE, PASSWORD, STATE } from '../place.ts';

export type Section = Readonly<Record<string, string | number | boolean>>;
export type Sections = Readonly<Record<string, Section>>;

export const REGION = 'RegionOne';

export const database = (user: string, name: string): string =>
  `mysql+pymysql://${user}:${PASSWORD}@127.0.0.1/${name}?charset=utf8`;

export const account = (user: string): Section => ({
  auth_url: KEYSTONE,
  auth_type: 'password',
  project_domain_name: 'Default',
  user_domain_name: 'Default',
  project_name: 'service',
  username: user,
  password: PASSWORD,
});

export const tokens = (user: string): Sections => ({
  keystone_authtoken: {
    ...account(user),
    www_authenticate_uri: KEYSTONE,
    memcached_servers: '127.0.0.1:11211',
    service_token_roles_required: true,
  },
});

export const BUS: Sections = {
  oslo_messaging_notifications: { driver: 'messagingv2', topics: 'notifications', transport_url: AMQP },
  oslo_concurrency: { lock_path: `${STATE}/lock` },
};

/** Quotas that no test reaches. */
export const unlimited = (...names: readonly string[]): Section => Object.fromEntries(names.map((name) => [name, -1]));

/** Writes a file below the directory of the configuration. */
export function write(path: string, text: string): void {
  writeFileSync(`${ETC}/${path}`, text);
}

/** Gives the text of a file with these sections. */
export function ini(sections: Sections): string {
  return Object.entries(sections)
    .map(([name, keys]) =>
      [`[${name}]`, ...Object.entries(keys).map(([key, value]) => `${key} = ${value}`), ''].join('\n'),
    )
    .join('\n');
}
