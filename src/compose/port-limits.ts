/** What the TCP port of each daemon has against clients that take all of it: limits of connections and of requests of one address. */
import { clientAddress, isTrustedProxy } from '../server/http/client-address.ts';
import { Connections } from '../server/http/connections.ts';
import { Limits } from '../server/http/limits.ts';
import { systemClock, systemTimers } from '../system/clock.ts';
import { openFilesLimit } from '../system/open-files.ts';
import type { Config } from './config.ts';

interface PortLimits {
  readonly connections: Connections;
  readonly limits: Limits;
  /** The address of the client, behind the trusted proxies. */
  readonly addressOf: (request: Parameters<typeof clientAddress>[0]) => string | undefined;
}

/** The rest is for helpers, state, logs and the cloud. */
const FILES_FOR_CONNECTIONS = 0.75;

/** The settings may change while it runs. `onLimited` is called with the key of the limit for each connection that is closed for it. */
export function portLimits(settings: () => Config, onLimited: (limit: string) => void): PortLimits {
  return {
    connections: new Connections({
      settings,
      mostPossible: Math.floor(openFilesLimit() * FILES_FOR_CONNECTIONS),
      isProxy: (address) => isTrustedProxy(address, settings().trusted_proxies),
      onClosed: onLimited,
    }),
    limits: new Limits(settings, systemTimers, systemClock),
    addressOf: (request) => clientAddress(request, settings().trusted_proxies),
  };
}
