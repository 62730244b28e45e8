/**
 * Ends connections that contradict the forwards of a router. To find them means to read its whole connection table, which takes as
 * long as the router has connections. Where something is closed, that comes before the answer. A new forward closes nothing: what is
 * older than it (a client that was earlier than the rule) ends soon after the answer, for all new forwards of the router together.
 * Until then its endpoint stays pending in the record, so that a crash forgets none.
 */
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import { isPraasError } from '../errors.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import { endpointKey, endpointOf, type Forward, type PublicEndpoint } from '../mapping/forward.ts';
import { staleFlows } from '../plan/stale-flows.ts';

/** New forwards of one router, by their endpoints. */
interface LateForwards {
  /** Not begun. */
  waiting: Map<string, Forward>;
  /** Of the run that is under way. */
  running: Map<string, Forward>;
  /** Their connections are ended, and the record does not say so yet. */
  readonly done: Set<string>;
  /** Resolves when nothing is waiting or under way. */
  run: Promise<void> | undefined;
}

export class StaleConnections {
  readonly #dataplane: Pick<Dataplane, 'flows' | 'endFlows'>;
  readonly #log: Logger;
  readonly #routers = new Map<string, LateForwards>();

  constructor(dataplane: Pick<Dataplane, 'flows' | 'endFlows'>, log: Logger) {
    this.#dataplane = dataplane;
    this.#log = log;
  }

  /** Ends connections to these endpoints that contradict the forwards in force. Throws as the dataplane does. */
  async endNow(routerId: string, endpoints: readonly PublicEndpoint[], forwards: readonly Forward[]): Promise<void> {
    if (endpoints.length === 0) return;
    const flows = await this.#dataplane.flows(routerId, endpoints);
    const stale = new Set(staleFlows(flows, endpoints, forwards));
    if (stale.size === 0) return;
    const keep = flows.filter((flow) => !stale.has(flow));
    await this.#dataplane.endFlows(routerId, [...stale], keep);
  }

  /**
   * Takes the endpoints that are pending, those that a reconcile is about to change, and the new forwards among them of which the
   * connections may end later. Gives those whose connections must end now, and those that stay pending. Resolves when nothing is
   * under way that could end connections which the change allows.
   */
  async sort(
    routerId: string,
    pending: readonly PublicEndpoint[],
    changed: readonly PublicEndpoint[],
    later: readonly Forward[],
  ): Promise<{ readonly now: readonly PublicEndpoint[]; readonly pending: readonly PublicEndpoint[] }> {
    const late = this.#routers.get(routerId) ?? nothingLate();
    const keys = changed.map(endpointKey);
    for (const key of keys) late.waiting.delete(key);
    if (keys.some((key) => late.running.has(key))) await late.run;
    for (const key of keys) late.done.delete(key);
    const laterKeys = new Set(later.map(endpointKey));
    const isLate = (key: string): boolean => laterKeys.has(key) || late.waiting.has(key) || late.running.has(key);
    const all = new Map([...pending, ...changed].map((endpoint) => [endpointKey(endpoint), endpointOf(endpoint)]));
    const now = [...all].filter(([key]) => !isLate(key) && !late.done.has(key));
    const stay = [...all].filter(([key]) => isLate(key));
    // They are not pending any more. Should that not be written, their connections are looked at once more.
    late.done.clear();
    return { now: now.map(([, endpoint]) => endpoint), pending: stay.map(([, endpoint]) => endpoint) };
  }

  /** Soon ends connections that contradict these new forwards. A failure is logged, and the next reconcile repeats it. */
  endLater(routerId: string, forwards: readonly Forward[]): void {
    if (forwards.length === 0) return;
    const late = this.#routers.get(routerId) ?? nothingLate();
    this.#routers.set(routerId, late);
    for (const forward of forwards) late.waiting.set(endpointKey(forward), forward);
    late.run ??= this.#run(routerId, late);
  }

  async #run(routerId: string, late: LateForwards): Promise<void> {
    while (late.waiting.size > 0) {
      late.running = late.waiting;
      late.waiting = new Map();
      const forwards = [...late.running.values()];
      try {
        await this.endNow(routerId, forwards, forwards);
        for (const key of late.running.keys()) late.done.add(key);
      } catch (error) {
        // With its namespace a router loses its connections, too.
        if (!isPraasError(error, 'ROUTER_NOT_FOUND'))
          this.#log.warn('connections not ended', { router_id: routerId, error: messageOf(error) });
      }
      late.running = new Map();
    }
    late.run = undefined;
  }
}

function nothingLate(): LateForwards {
  return { waiting: new Map(), running: new Map(), done: new Set(), run: undefined };
}
