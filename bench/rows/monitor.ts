// From the call that changes a server to the packet that fares otherwise, on a real OpenStack: by its events, and by sweeps.
import { Api } from '../../lab/api.ts';
import { OUTSIDE } from '../../lab/place.ts';
import { serverOf } from '../../lab/servers.ts';
import { guestNamespace } from '../../lab/wiring.ts';
import type { TestDaemon } from '../../test/support/daemon.ts';
import { gatewayOf, NOTIFICATIONS, routerOf, startDaemon } from '../../test/support/lab.ts';
import { raiseLab } from '../lab.ts';
import { timed } from '../measure.ts';
import type { Options, Row } from '../row.ts';
import { greet, reacher } from '../talker.ts';

const NAME = 'bench-nomad';
const SERVER_PORT = 8080;
const SECOND_MS = 1000;
const FIRST_HOST = 150;
/** A server that answers at an address too late is not praas's doing. */
const WIRED_S = 30;
/** So long that no sweep helps; and one that is on its way soon. */
const [EVENTS_ONLY, SWEEPS_ONLY] = ['3600', '5'] as const;

const EVENTS: Rounds = { first: 0, servers: 5, moves: 4 };
const SWEEPS: Rounds = { first: 5, servers: 4, moves: 2 };

interface Rounds {
  /** How many servers there were before. */
  readonly first: number;
  readonly servers: number;
  /** Of each server. */
  readonly moves: number;
}

type Lab = Awaited<ReturnType<typeof raiseLab>>;

/** Milliseconds until the call is done, and until a packet fares otherwise. */
type Times = readonly [call: number, fate: number];

/** A server, a mapping of it, and who is outside. */
interface Scene {
  /** The packet reaches the server's other address. */
  readonly move: () => Promise<Times>;
  /** The packet is refused. The scene is over then. */
  readonly remove: () => Promise<Times>;
}

/**
 * Two addresses that are the server's all the time, so that only the mapping decides which one is called. Each server has
 * its own: routers remember for a while whose an address was.
 */
async function addressesOf(options: Options, round: number): Promise<readonly [string, string]> {
  const { port_id, namespace } = { ...serverOf(NAME), namespace: guestNamespace(NAME) };
  const host = FIRST_HOST + 2 * round;
  const addresses = [`10.20.0.${host}`, `10.20.0.${host + 1}`] as const;
  const port = { allowed_address_pairs: addresses.map((ip_address) => ({ ip_address })) };
  await new Api('demo').call('network', 'PUT', `/ports/${port_id}`, { port });
  const router = `qrouter-${(await routerOf('edge')).id}`;
  for (const address of addresses) {
    await options.steady({ file: 'ip', args: ['-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0'] });
    const calls = ['-c', '1', '-w', String(WIRED_S), '-i', '0.2', address];
    await options.steady({ file: 'ip', args: ['netns', 'exec', router, 'ping', ...calls] });
  }
  return addresses;
}

async function stage(options: Options, lab: Lab, daemon: TestDaemon, round: number): Promise<Scene> {
  const demo = new Api('demo');
  await lab('server', 'create', NAME);
  const { port_id, subnet_id } = serverOf(NAME);
  const path = `/ports/${port_id}`;
  const addresses = await addressesOf(options, round);
  await greet(options, guestNamespace(NAME), SERVER_PORT);
  const token = await demo.token();
  const body = { mapping: { server: NAME, server_port: SERVER_PORT } };
  const created = await daemon.ask<{ mapping: { router_port: number } }>('POST', '/v1/mappings', { token, body });
  const reaches = reacher(options, OUTSIDE, await gatewayOf('edge'), created.body.mapping.router_port);
  await reaches(serverOf(NAME).ip);

  const after = async (change: () => Promise<unknown>, answer: string): Promise<Times> => {
    let call = 0;
    const fate = await timed(async () => {
      call = await timed(change);
      await reaches(answer);
    });
    return [call, fate];
  };
  let turn = 0;
  return {
    move: async () => {
      const ip_address = addresses[turn++ % 2] ?? addresses[0];
      const port = { fixed_ips: [{ subnet_id, ip_address }] };
      return after(async () => demo.call('network', 'PUT', path, { port }), ip_address);
    },
    remove: async () => {
      const times = await after(async () => demo.call('network', 'DELETE', path), 'refused');
      await lab('server', 'delete', NAME);
      return times;
    },
  };
}

/** What each way takes, with a daemon that is told of events or that sweeps so often. */
async function watch(options: Options, lab: Lab, env: Readonly<Record<string, string>>, rounds: Rounds) {
  const daemon = await startDaemon({ env, flags: ['--monitor'] });
  const [moved, removed]: [Times[], Times[]] = [[], []];
  try {
    if ('PRAAS_NOTIFICATIONS' in env) await daemon.says('hears what happens');
    for (let round = 0; round < rounds.servers; round++) {
      const scene = await stage(options, lab, daemon, rounds.first + round);
      for (let move = 0; move < rounds.moves; move++) moved.push(await scene.move());
      removed.push(await scene.remove());
    }
  } finally {
    await daemon.remove();
  }
  return { moved, removed };
}

export const monitor: Row = {
  name: 'monitor',
  async measure(options) {
    const { quick, later, say } = options;
    const lab = await raiseLab(options, SERVER_PORT);
    later(async () => lab('server', 'delete', NAME).catch(() => undefined));
    say('monitor: another address, and no port any more, by events');
    const events = { PRAAS_NOTIFICATIONS: NOTIFICATIONS, PRAAS_SECOND_MONITORING: EVENTS_ONLY };
    const heard = await watch(options, lab, events, quick ? { first: 0, servers: 1, moves: 2 } : EVENTS);
    say('monitor: the same, by sweeps');
    const sweeps = { PRAAS_SECOND_MONITORING: SWEEPS_ONLY };
    const swept = await watch(options, lab, sweeps, quick ? { first: 1, servers: 1, moves: 1 } : SWEEPS);

    const fates = (times: readonly Times[]): number[] => times.map(([, fate]) => fate);
    const inSeconds = (times: readonly Times[]): number[] => fates(times).map((fate) => fate / SECOND_MS);
    const moved =
      'from the API call that changes the address of a server to the first packet that reaches it there, against one second';
    const removed =
      'from the API call that deletes the port of a server to the first packet that is refused, against one second';
    const line = (what: string, times: readonly Times[]) => ({
      what,
      values: [times.map(([call]) => call), fates(times)],
    });
    return {
      figures: [
        { title: `${moved}, by events`, bar: { atMost: 1 }, ratios: inSeconds(heard.moved) },
        { title: `${removed}, by events`, bar: { atMost: 1 }, ratios: inSeconds(heard.removed) },
      ],
      facts: [
        {
          title: 'a server with another address, and one whose port is deleted, on a real OpenStack',
          columns: ['response of Neutron, ms', 'effect on packets, ms'],
          lines: [
            line('another address, with events', heard.moved),
            line('another address, only a sweep every 5 s', swept.moved),
            line('port deleted, with events', heard.removed),
            line('port deleted, only a sweep every 5 s', swept.removed),
          ],
        },
      ],
    };
  },
};
