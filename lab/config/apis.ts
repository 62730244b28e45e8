/** Keystone, Glance and Placement. */
import { copyFileSync } from 'node:fs';
import { AMQP, ETC, PORTS, STATE } from '../place.ts';
import { BUS, database, ini, tokens, write } from './common.ts';

export function writeKeystone(): void {
  write(
    'keystone/keystone.conf',
    ini({
      DEFAULT: { transportUrl: AMQP, notificationFormat: 'basic' },
      database: { connection: database('keystone', 'keystone') },
      token: { provider: 'fernet' },
      fernetTokens: { keyRepository: `${STATE}/keystone/fernet-keys` },
      credential: { keyRepository: `${STATE}/keystone/credential-keys` },
      // bcrypt's least: logins are many, and the password is in the README.
      identity: { passwordHashRounds: 4 },
      cache: { enabled: true, backend: 'dogpile.cache.memcached', memcacheServers: '127.0.0.1:11211' },
      ...BUS,
    }),
  );
}

export function writeGlance(): void {
  write(
    'glance/glance-api.conf',
    ini({
      DEFAULT: {
        bindHost: '127.0.0.1',
        bindPort: PORTS.image,
        workers: 0,
        transportUrl: AMQP,
        nodeStagingUri: `file://${STATE}/glance/staging`,
      },
      database: { connection: database('glance', 'glance') },
      glanceStore: { stores: 'file', defaultStore: 'file', filesystemStoreDatadir: `${STATE}/glance/images` },
      pasteDeploy: { flavor: 'keystone', configFile: `${ETC}/glance/glance-api-paste.ini` },
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
    ini({ api: { authStrategy: 'keystone' }, placementDatabase: { connection }, ...tokens('placement') }),
  );
}
