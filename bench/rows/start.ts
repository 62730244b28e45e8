// What a command costs beside an empty node process.
import { ratios, timed } from '../measure.ts';
import { BenchRouter, mappingsFor, serviceOf } from '../router.ts';
import type { Figure, Options, Row } from '../row.ts';
import { NODE, PRAAS, run } from '../whole-command.ts';

async function against(
  options: Options,
  title: string,
  bar: number | undefined,
  args: string[],
  state_dir: string,
): Promise<Figure> {
  options.say(`start: ${title}`);
  const env = { PRAAS_STATE_DIR: state_dir, PRAAS_LOG_DIR: state_dir };
  return {
    title: `${title}, against an empty \`node -e 0\``,
    bar,
    ratios: await ratios(
      options.quick ? 5 : 31,
      () => timed(() => run(PRAAS, args, env)),
      () => timed(() => run(NODE, ['-e', '0'])),
    ),
  };
}

export const start: Row = {
  name: 'start',
  async measure(options) {
    const stores = await Promise.all(
      [100, 10_000].map(async (count) => {
        const router = new BenchRouter(options);
        await router.reset();
        const { fill, state_dir } = await serviceOf(options, 'nftables');
        await fill(router.name, mappingsFor(router.name, count));
        return state_dir;
      }),
    );
    const [few = '', many = ''] = stores;
    return [
      await against(options, '`praas pat list` of 100 mappings', 2.5, ['pat', 'list'], few),
      await against(options, '`praas pat list -f json` of 100 mappings', undefined, ['pat', 'list', '-f', 'json'], few),
      await against(options, '`praas pat list` of 10,000 mappings', undefined, ['pat', 'list'], many),
      await against(options, 'the executable saying its version', undefined, ['--version'], few),
    ];
  },
};
