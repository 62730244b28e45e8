/** The notifications of OpenStack, as praas.conf describes their message broker. */
import type { Logger } from '../core/logger.ts';
import { parseTransport } from '../core/settings/transport-url.ts';
import { RabbitNotifications } from '../openstack/notifications/rabbit.ts';
import { praasError } from '../pat/errors.ts';
import type { Notifications } from '../pat/interfaces/notifications.ts';
import { systemTimers } from '../system/clock.ts';
import { failureReason } from '../system/http/failure.ts';
import { readRegularFile } from '../system/regular-file.ts';
import type { Config } from './config.ts';

type BrokerSettings = Pick<Config, 'notifications' | 'notification_topics' | 'notification_exchanges'>;

/** Gives the notifications, not started; undefined without a broker. Throws CONFIG_INVALID for a file that cannot be read. */
export async function notificationsOf(
  { notifications: url, notification_topics: topics, notification_exchanges: exchanges }: BrokerSettings,
  log: Logger,
): Promise<Notifications | undefined> {
  if (url === '') return undefined;
  const transport = parseTransport(url);
  // A configuration has no other one.
  if ('problem' in transport) throw new Error(`notifications is ${transport.problem}`);
  const { tls, ignoredOptions } = transport;
  if (ignoredOptions.length > 0) log.info('transport URL options without effect', { options: ignoredOptions });
  const pem = {
    ca: await readPem('ssl_ca_file', tls?.caFile),
    cert: await readPem('ssl_cert_file', tls?.certFile),
    key: await readPem('ssl_key_file', tls?.certFile === undefined ? undefined : tls.keyFile),
  };
  return new RabbitNotifications({ transport, pem, topics, exchanges, timers: systemTimers, random: Math.random, log });
}

async function readPem(option: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readRegularFile(path);
  } catch (error) {
    const found = `${path}, which cannot be read (${failureReason(error)})`;
    const key = `${option} of notifications`;
    throw praasError('CONFIG_INVALID', { where: 'praas.conf', key, found, allowed: 'a PEM file' }, error);
  }
}
