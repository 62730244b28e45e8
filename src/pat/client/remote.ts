/** The services of a remote PAT agent. */

import { ApiClient, type ApiTransport } from '../../core/client/api-client.ts';
import type { NewId } from '../../core/ids.ts';
import { CATALOGUE } from '../errors.ts';
import type { PatServices } from '../services/api.ts';
import { RemoteChecks } from './remote-checks.ts';
import { RemoteEvents } from './remote-events.ts';
import { RemoteImports } from './remote-imports.ts';
import { RemotePat } from './remote-pat.ts';
import { RemoteQuotas } from './remote-quotas.ts';
import { RemoteRouters } from './remote-routers.ts';
import { RemoteServers } from './remote-servers.ts';

export interface Remote extends PatServices {
  close(): Promise<void>;
}

/** Connects with the first request. */
export function openRemote(transport: ApiTransport, newId: NewId): Remote {
  const api = new ApiClient(transport, CATALOGUE);
  const events = new RemoteEvents(api);
  return {
    pat: new RemotePat(api, newId),
    routers: new RemoteRouters(api),
    servers: new RemoteServers(api),
    quotas: new RemoteQuotas(api),
    checks: new RemoteChecks(api),
    events,
    corrections: events,
    imports: new RemoteImports(api),
    close: () => transport.close(),
  };
}
