// From asking for a port to the first connection through it, on a real OpenStack: praas against Neutron's port forwarding.
import { Api } from '../../lab/api.ts';
import { OUTSIDE } from '../../lab/place.ts';
import { serverOf } from '../../lab/servers.ts';
import type { TestDaemon } from '../../test/support/daemon.ts';
import { gatewayOf, routerOf, startDaemon } from '../../test/support/lab.ts';
import { raiseLab } from '../lab.ts';
import { ratios, timed } from '../measure.ts';
import type { Options, Row } from '../row.ts';
import { opener } from '../talker.ts';

const SERVER_PORT = 8080;
const FIRST_PORT = 4000;
const AT_MOST = 0.1;
const ROUNDS = 20;

/** Asks for a port, and gives it back. */
interface Publisher {
  publish(port: number): Promise<string>;
  remove(id: string): Promise<void>;
}

/** Neutron's way: a port of a floating IP. Gives its address as well. */
async function neutron({ later }: Options, demo: Api): Promise<Publisher & { readonly address: string }> {
  const outside = await demo.find('network', 'networks', 'public');
  const wish = { floatingip: { floating_network_id: outside.id } };
  const { floatingip } = await demo.call('network', 'POST', '/floatingips', wish);
  const path = `/floatingips/${floatingip.id}`;
  later(() => demo.call('network', 'DELETE', path));
  const { port_id: internalPortId, ip: internalIpAddress } = serverOf('web');
  return {
    address: floatingip.floating_ip_address,
    async publish(externalPort) {
      const internal = {
        internal_port_id: internalPortId,
        internal_ip_address: internalIpAddress,
        internal_port: SERVER_PORT,
      };
      const portForwarding = { ...internal, external_port: externalPort, protocol: 'tcp' };
      const made = await demo.call('network', 'POST', `${path}/port_forwardings`, { port_forwarding: portForwarding });
      return made.port_forwarding.id;
    },
    async remove(id) {
      await demo.call('network', 'DELETE', `${path}/port_forwardings/${id}`);
    },
  };
}

/** The same of a daemon, where router and server are named like that. */
function praas(daemon: TestDaemon, token: string, named: object): Publisher {
  return {
    async publish(router_port) {
      const mapping = { ...named, server_port: SERVER_PORT, router_port };
      const { status, body } = await daemon.ask<{ mapping: { id: string } }>('POST', '/v1/mappings', {
        token,
        body: { mapping },
      });
      if (status !== 201) throw new Error(JSON.stringify(body));
      return body.mapping.id;
    },
    async remove(id) {
      await daemon.ask('DELETE', `/v1/mappings/${id}`, { token });
    },
  };
}

export const cloud: Row = {
  name: 'cloud',
  async measure(options) {
    await raiseLab(options, SERVER_PORT);
    const demo = new Api('demo');
    const theirs = await neutron(options, demo);
    const daemon = await startDaemon();
    options.later(() => daemon.remove());
    const token = await demo.token();
    const ids = { router_id: (await routerOf('edge')).id as string, port_id: serverOf('web').port_id };
    const publishers = {
      ids: praas(daemon, token, ids),
      names: praas(daemon, token, { router: 'edge', server: 'web' }),
      neutron: theirs,
    };
    type Whose = keyof typeof publishers;
    const calls: Record<Whose, number[]> = { ids: [], names: [], neutron: [] };
    const firsts: Record<Whose, number[]> = { ids: [], names: [], neutron: [] };
    const ours = opener(options, OUTSIDE, await gatewayOf('edge'));
    const open = { ids: ours, names: ours, neutron: opener(options, OUTSIDE, theirs.address) };
    let port = FIRST_PORT;
    const once = async (whose: Whose): Promise<number> => {
      const asked = port++;
      let id = '';
      const publish = timed(async () => {
        id = await publishers[whose].publish(asked);
      });
      const [call, first] = await Promise.all([publish, timed(() => open[whose](asked))]);
      await publishers[whose].remove(id);
      calls[whose].push(call);
      firsts[whose].push(first);
      return first;
    };
    options.say('cloud: a port, and the first connection through it');
    const against = (whose: Whose): Promise<number[]> =>
      ratios(
        options.quick ? 3 : ROUNDS,
        () => once(whose),
        () => once('neutron'),
      );
    const title = "from the request for a port to the first connection through it, against Neutron's port forwarding";
    const [byIds, byNames] = [await against('ids'), await against('names')];
    const line = (what: string, whose: Whose) => ({ what, values: [calls[whose], firsts[whose]] });
    return {
      figures: [
        { title: `${title}, both by IDs`, bar: { atMost: AT_MOST }, ratios: byIds },
        { title: `${title}, praas by names`, ratios: byNames },
      ],
      facts: [
        {
          title: 'a port of a server, on a real OpenStack',
          columns: ['response, ms', 'first connection, ms'],
          lines: [
            line('praas, by IDs', 'ids'),
            line('praas, by names', 'names'),
            line("Neutron's port forwarding", 'neutron'),
          ],
        },
      ],
    };
  },
};
