/** Keystone, Glance and Placement. */
import { copyFileSync } from 'node:fs';
import { AMQP, ETC, PORTS, STATE } from '../place.ts';
import { BUS, database, ini, tokens, write } from './common.ts';

export function writeKeystone(): void {
  write(
    'keystone/keystone.conf',
    ini({
      DEFAULT: { transport_url: AMQP, notification_format: 'basic' },
      database: { connection: database('keystone', 'keystone') },
      token: { provider: 'fernet' },
      fernet_tokens: { key_repository: `${STATE}/keystone/fernet-keys` },
      credential: { key_repository: `${STATE}/keystone/credential-keys` },
      // bcrypt's least: logins are many, and the password is in the README.
      identity: { password_hash_rounds: 4 },
      cache: { enabled: true, backend: 'dogpile.cache.memcached', memcache_servers: '127.0.0.1:11211' },
      ...BUS,
    }),
  );
}

export function writeGlance(): void {
  write(
    'glance/glance-api.conf',
    ini({
      DEFAULT: {
        bind_host: '127.0.0.1',
        bind_port: PORTS.image,
        workers: 0,
        transport_url: AMQP,
        node_staging_uri: `file://${STATE}/glance/staging`,
      },
      database: { connection: database('glance', 'glance') },
      glance_store: { stores: 'file', default_store: 'file', filesystem_store_datadir: `${STATE}/glance/images` },
      paste_deploy: { flavor: 'keystone', config_file: `${ETC}/glance/glance-api-paste.ini` },
      ...tokens('glance'),
      ...BUS,
    }),
  );
  copyFileSync('/usr/share/glance-common/glance-api-paste.ini', `${ETC}/glance/glance-api-paste.ini`);
}

export function writePlacement(): void {
  const connection = database('placement', 'placement');
  write(
    'placement/placement.conf',
    ini({ api: { auth_strategy: 'keystone' }, placement_database: { connection }, ...tokens('placement') }),
  );
}
