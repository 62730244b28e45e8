// What a command costs beside an empty node process.
import { ratios, timed } from '../measure.ts';
import { BenchRouter, mappingsFor, serviceOf } from '../router.ts';
import type { Bar, Figure, Options, Row } from '../row.ts';
import { NODE, PRAAS, run } from '../whole-command.ts';

async function against(
  options: Options,
  title: string,
  bar: Bar | undefined,
  args: string[],
  stateDir: string,
): Promise<Figure> {
  options.say(`start: ${title}`);
  const env = { PRAAS_STATE_DIR: stateDir, PRAAS_LOG_DIR: stateDir };
  return {
    title: `${title}, against an empty \`node -e 0\``,
    ...(bar && { bar }),
    ratios: await ratios(
      options.quick ? 5 : 31,
      () => timed(() => run(options, PRAAS, args, env)),
      () => timed(() => run(options, NODE, ['-e', '0'])),
    ),
  };
}

/** A state directory with so many mappings of one router that is there. */
async function stored(options: Options, count: number): Promise<string> {
  const router = new BenchRouter(options);
  await router.reset();
  const { fill, stateDir } = await serviceOf(options, 'nftables');
  await fill(router.name, mappingsFor(router.name, count));
  return stateDir;
}

export const start: Row = {
  name: 'start',
  async measure(options) {
    const few = await stored(options, 100);
    const many = await stored(options, 10_000);
    const list = ['pat', 'list'];
    const figures = [
      await against(options, '`praas pat list` of 100 mappings', { atMost: 2.5 }, list, few),
      await against(options, '`praas pat list -f json` of 100 mappings', undefined, [...list, '-f', 'json'], few),
      await against(options, '`praas pat list` of 10,000 mappings', undefined, list, many),
      await against(options, '`praas --version`', undefined, ['--version'], few),
    ];
    return { figures };
  },
};
