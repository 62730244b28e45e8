// From asking for a port to the first connection through it, on a real OpenStack: praas against Neutron's port forwarding.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Api } from '../../lab/api.ts';
import { OUTSIDE } from '../../lab/place.ts';
import { serverOf } from '../../lab/servers.ts';
import { running } from '../../lab/services.ts';
import { gatewayOf, routerOf, startDaemon } from '../../test/support/lab.ts';
import { ratios, timed } from '../measure.ts';
import type { Options, Row } from '../row.ts';
import { opener } from '../talker.ts';

const LAB = new URL('../../lab/lab', import.meta.url).pathname;
const SERVER_PORT = 8080;
const FIRST_PORT = 4000;
const AT_MOST = 0.1;

/** Asks for a port, and gives it back. */
interface Publisher {
  publish(port: number): Promise<string>;
  withdraw(id: string): Promise<void>;
}

/** The lab as it is, or one that goes with the bench. */
async function raiseLab({ later, say }: Options): Promise<void> {
  const lab = (...words: string[]): Promise<unknown> => promisify(execFile)(LAB, words);
  if (running().get('neutron-server') === undefined) {
    say('cloud: starting the lab');
    later(() => lab('down'));
    await lab('up');
  }
  await lab('topology');
  await lab('listen', 'web', String(SERVER_PORT));
  later(() => lab('unlisten', 'web', String(SERVER_PORT)));
}

/** Neutron's way: a port of a floating IP. Gives its address as well. */
async function neutron({ later }: Options, demo: Api): Promise<Publisher & { readonly address: string }> {
  const outside = await demo.find('network', 'networks', 'public');
  const wish = { floatingip: { floating_network_id: outside.id } };
  const { floatingip } = await demo.call('network', 'POST', '/floatingips', wish);
  const path = `/floatingips/${floatingip.id}`;
  later(() => demo.call('network', 'DELETE', path));
  const { port_id: internal_port_id, ip: internal_ip_address } = serverOf('web');
  return {
    address: floatingip.floating_ip_address,
    async publish(external_port) {
      const internal = { internal_port_id, internal_ip_address, internal_port: SERVER_PORT };
      const port_forwarding = { ...internal, external_port, protocol: 'tcp' };
      const made = await demo.call('network', 'POST', `${path}/port_forwardings`, { port_forwarding });
      return made.port_forwarding.id;
    },
    async withdraw(id) {
      await demo.call('network', 'DELETE', `${path}/port_forwardings/${id}`);
    },
  };
}

/** The same of a daemon, with the names that people use. */
async function praas({ later }: Options, demo: Api): Promise<Publisher> {
  const daemon = await startDaemon();
  later(() => daemon.remove());
  const token = await demo.token();
  const router_id: string = (await routerOf('edge')).id;
  return {
    async publish(router_port) {
      const mapping = { router_id, server: 'web', server_port: SERVER_PORT, router_port };
      const { status, body } = await daemon.ask<{ mapping: { id: string } }>('POST', '/v1/mappings', {
        token,
        body: { mapping },
      });
      if (status !== 201) throw new Error(JSON.stringify(body));
      return body.mapping.id;
    },
    async withdraw(id) {
      await daemon.ask('DELETE', `/v1/mappings/${id}`, { token });
    },
  };
}

export const cloud: Row = {
  name: 'cloud',
  async measure(options) {
    await raiseLab(options);
    const demo = new Api('demo');
    const theirs = await neutron(options, demo);
    const ours = await praas(options, demo);
    const calls: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] };
    const firsts: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] };
    const open = {
      ours: opener(options, OUTSIDE, await gatewayOf('edge')),
      theirs: opener(options, OUTSIDE, theirs.address),
    };
    let port = FIRST_PORT;
    const once = async (whose: 'ours' | 'theirs', publisher: Publisher): Promise<number> => {
      const asked = port++;
      let id = '';
      const publish = timed(async () => {
        id = await publisher.publish(asked);
      });
      const [call, first] = await Promise.all([publish, timed(() => open[whose](asked))]);
      await publisher.withdraw(id);
      calls[whose].push(call);
      firsts[whose].push(first);
      return first;
    };
    options.say('cloud: a port, and the first connection through it');
    const found = await ratios(
      options.quick ? 3 : 20,
      () => once('ours', ours),
      () => once('theirs', theirs),
    );
    const line = (what: string, whose: 'ours' | 'theirs') => ({ what, values: [calls[whose], firsts[whose]] });
    return {
      figures: [
        {
          title: "from asking for a port to the first connection through it, against Neutron's port forwarding",
          bar: { at_most: AT_MOST },
          ratios: found,
        },
      ],
      facts: [
        {
          title: 'a port of a server, on a real OpenStack',
          columns: ['answered within, ms', 'first connection within, ms'],
          lines: [line('praas', 'ours'), line("Neutron's port forwarding", 'theirs')],
        },
      ],
    };
  },
};
