/** The services as a daemon does them, joined. */
import type { NewId } from '../../core/ids.ts';
import type { Checks } from '../check/service.ts';
import type { Corrections } from '../follow/correction.ts';
import type { Events } from '../interfaces/events.ts';
import type { Pat, Quotas, Routers } from '../services/api.ts';
import type { Imports } from '../services/import-service.ts';
import type { Servers } from '../services/server-service.ts';
import { ApiClient, type Sender } from './api-client.ts';
import { RemoteChecks } from './remote-checks.ts';
import { RemoteEvents } from './remote-events.ts';
import { RemoteImports } from './remote-imports.ts';
import { RemotePat } from './remote-pat.ts';
import { RemoteQuotas } from './remote-quotas.ts';
import { RemoteRouters } from './remote-routers.ts';
import { RemoteServers } from './remote-servers.ts';

export interface Remote {
  readonly pat: Pat;
  readonly routers: Routers;
  readonly servers: Servers;
  readonly quotas: Quotas;
  readonly checks: Checks;
  readonly events: Events;
  readonly corrections: Corrections;
  readonly imports: Imports;
  close(): Promise<void>;
}

/** Connects with the first question. */
export function openRemote(sender: Sender, newId: NewId): Remote {
  const daemon = new ApiClient(sender);
  const events = new RemoteEvents(daemon);
  return {
    pat: new RemotePat(daemon, newId),
    routers: new RemoteRouters(daemon),
    servers: new RemoteServers(daemon),
    quotas: new RemoteQuotas(daemon),
    checks: new RemoteChecks(daemon),
    events,
    corrections: events,
    imports: new RemoteImports(daemon),
    close: () => sender.close(),
  };
}
