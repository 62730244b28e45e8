/** MariaDB and RabbitMQ. */
import { ETC, LOGS, PASSWORD, PORTS, STATE } from '../place.ts';
import { ini, type Section, write } from './common.ts';

export function writeDatabase(): void {
  const mariadbd = {
    user: 'mysql',
    datadir: `${STATE}/mysql`,
    socket: `${STATE}/run/mysqld.sock`,
    'pid-file': `${STATE}/run/mysqld.pid`,
    'bind-address': '127.0.0.1',
    'skip-name-resolve': 1,
    max_connections: 1000,
    'character-set-server': 'utf8mb3',
    innodb_buffer_pool_size: '256M',
    // It is quick, and a crash of the machine may lose it.
    innodb_flush_log_at_trx_commit: 0,
    innodb_doublewrite: 0,
    'skip-log-bin': 1,
    performance_schema: 'OFF',
  };
  write('mysql/my.cnf', ini({ mariadbd }));
}

export function writeQueue(): void {
  const settings = {
    'listeners.tcp.1': `127.0.0.1:${PORTS.amqp}`,
    default_user: 'openstack',
    default_pass: PASSWORD,
    'default_permissions.configure': '.*',
    'default_permissions.read': '.*',
    'default_permissions.write': '.*',
    'default_user_tags.administrator': true,
    loopback_users: 'none',
    'log.console': true,
    'log.console.level': 'warning',
    'disk_free_limit.absolute': '200MB',
  };
  const environment = {
    NODENAME: 'praas-lab@localhost',
    MNESIA_BASE: `${STATE}/rabbitmq/mnesia`,
    LOG_BASE: `${LOGS}/rabbitmq`,
    CONFIG_FILE: `${ETC}/rabbitmq/rabbitmq`,
    ENABLED_PLUGINS_FILE: `${ETC}/rabbitmq/enabled_plugins`,
  };
  const lines = (entries: Section, sign: string): string =>
    Object.entries(entries)
      .map(([key, value]) => `${key}${sign}${value}\n`)
      .join('');
  write('rabbitmq/rabbitmq.conf', lines(settings, ' = '));
  write('rabbitmq/rabbitmq-env.conf', lines(environment, '='));
  write('rabbitmq/enabled_plugins', '[].\n');
}
