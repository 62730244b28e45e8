// Ten thousand mappings into an empty namespace, by praas and by hand.
import type { BackendName } from '../../src/netfilter/backend.ts';
import { forwardOf } from '../../src/pat/forward.ts';
import { plan } from '../../src/pat/plan.ts';
import { ratios, timed } from '../measure.ts';
import { BenchRouter, dataplaneOf, mappingsFor, serviceOf } from '../router.ts';
import type { Figure, Options, Row } from '../row.ts';

const TOOLS: Readonly<Record<BackendName, readonly string[]>> = {
  nftables: ['nft', '-f', '-'],
  iptables: ['iptables-restore', '--noflush'],
};

async function into(options: Options, backend: BackendName): Promise<Figure> {
  const count = options.quick ? 1_000 : 10_000;
  options.say(`bulk: ${count} mappings, ${backend}`);
  const [ours, byHand] = [new BenchRouter(options), new BenchRouter(options)];
  const { pat, fill } = await serviceOf(options, backend);
  const mappings = mappingsFor(ours.name, count);
  await fill(ours.name, mappings);
  const dataplane = dataplaneOf(options.exec, backend);
  await byHand.reset();
  const { frame } = await dataplane.observe(byHand.name);
  const forwards = mappings.map((mapping) => forwardOf(mapping, false));
  const input = dataplane.render(plan(forwards, [], frame));
  const args = [`--net=/run/netns/${byHand.name}`, ...TOOLS[backend]];

  const found = await ratios(
    options.quick ? 3 : 7,
    async () => {
      await ours.reset();
      return timed(() => pat.sync(ours.name));
    },
    async () => {
      await byHand.reset();
      return timed(() => options.exec({ file: 'nsenter', args, input }));
    },
  );
  const tool = TOOLS[backend].join(' ').replace(' -f -', ' -f');
  return {
    title: `${count} mappings into an empty namespace, against \`${tool}\` of the same rules by hand`,
    bar: 1.5,
    ratios: found,
  };
}

export const bulk: Row = {
  name: 'bulk',
  measure: async (options) => [await into(options, 'nftables'), await into(options, 'iptables')],
};
