// Ten thousand mappings into an empty namespace and out again, by praas and by hand.
import { ROOT } from '../../src/core/identity/requester.ts';
import type { BackendName } from '../../src/netfilter/backend.ts';
import { forwardOf } from '../../src/pat/mapping/forward.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { plan } from '../../src/pat/plan/plan.ts';
import { ratios, timed } from '../measure.ts';
import { BenchRouter, dataplaneOf, mappingsFor, serviceOf } from '../router.ts';
import type { Figure, Options, Row } from '../row.ts';

const TOOLS: Readonly<Record<BackendName, readonly string[]>> = {
  nftables: ['nft', '-f', '-'],
  iptables: ['iptables-restore', '--noflush'],
};

/** What the tool would be handed to put the mappings into that namespace and to take them out again. */
async function scripts(
  { exec }: Options,
  backend: BackendName,
  namespace: string,
  mappings: readonly Mapping[],
): Promise<{ adding: string; removing: string }> {
  const dataplane = dataplaneOf(exec, backend);
  const { missingBaseChains: frame } = await dataplane.observe(namespace);
  const forwards = mappings.map((mapping) => forwardOf(mapping, false));
  const observed = forwards.map((forward) => dataplane.expected(forward));
  return { adding: dataplane.render(plan(forwards, [], frame)), removing: dataplane.render(plan([], observed)) };
}

async function measure(options: Options, backend: BackendName): Promise<Figure[]> {
  const count = options.quick ? 1_000 : 10_000;
  options.say(`bulk: ${count} mappings, ${backend}`);
  const [ours, byHand] = [new BenchRouter(options), new BenchRouter(options)];
  const { pat, fill } = await serviceOf(options, backend);
  const mappings = mappingsFor(ours.name, count);
  const ids = mappings.map(({ id }) => id);
  await byHand.reset();
  const { adding, removing } = await scripts(options, backend, byHand.name, mappings);

  await fill(ours.name, mappings);
  const feed = async (input: string): Promise<void> => {
    const args = [`--net=/run/netns/${byHand.name}`, ...TOOLS[backend]];
    const { exitCode, stderr } = await options.exec({ file: 'nsenter', args, input });
    if (exitCode !== 0) throw new Error(stderr);
  };
  const added = await ratios(
    options.quick ? 3 : 15,
    () => ours.reset().then(() => timed(() => pat.sync(ours.name, { requester: ROOT }))),
    () => byHand.reset().then(() => timed(() => feed(adding))),
  );
  const removed = await ratios(
    options.quick ? 3 : 7,
    async () => {
      await ours.reset();
      await fill(ours.name, mappings);
      await pat.sync(ours.name, { requester: ROOT });
      return timed(() => pat.delete(ids, { requester: ROOT }));
    },
    async () => {
      await byHand.reset();
      await feed(adding);
      return timed(() => feed(removing));
    },
  );
  const tool = TOOLS[backend][0];
  return [
    {
      title: `${count} mappings into an empty namespace, against \`${tool}\` of the same rules by hand`,
      bar: { atMost: 1.5 },
      ratios: added,
    },
    { title: `${count} mappings deleted at once, against \`${tool}\` of the same rules by hand`, ratios: removed },
  ];
}

export const bulk: Row = {
  name: 'bulk',
  measure: async (options) => ({
    figures: [...(await measure(options, 'nftables')), ...(await measure(options, 'iptables'))],
  }),
};
