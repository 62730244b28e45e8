/** The services as a daemon does them, joined. */
import type { Checks } from '../pat/check/service.ts';
import type { Events } from '../pat/event.ts';
import type { Imports } from '../pat/import-service.ts';
import type { Pat, Quotas, Routers } from '../pat/pat.ts';
import type { NewId } from '../pat/ports.ts';
import type { Servers } from '../pat/server-service.ts';
import type { Verdicts } from '../pat/verdict-service.ts';
import { Daemon } from './daemon.ts';
import { HttpClient } from './http-client.ts';
import type { Place } from './place.ts';
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
  readonly verdicts: Verdicts;
  readonly imports: Imports;
  close(): Promise<void>;
}

/** Connects with the first question. Waiting for an answer ends when `ending` aborts. */
export function openRemote(place: Place, ending: AbortSignal, new_id: NewId): Remote {
  const client = new HttpClient(place, ending);
  const daemon = new Daemon(client);
  const events = new RemoteEvents(daemon);
  return {
    pat: new RemotePat(daemon, new_id),
    routers: new RemoteRouters(daemon),
    servers: new RemoteServers(daemon),
    quotas: new RemoteQuotas(daemon),
    checks: new RemoteChecks(daemon),
    events,
    verdicts: events,
    imports: new RemoteImports(daemon),
    close: () => client.close(),
  };
}
