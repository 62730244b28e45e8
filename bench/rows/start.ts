// What a command costs beside an empty node process.
import { BenchDaemon } from '../daemon.ts';
import { manyRouters, storeMappings } from '../many-routers.ts';
import { ratios, timed } from '../measure.ts';
import { BenchRouter, mappingsFor, serviceOf } from '../router.ts';
import type { Bar, Figure, Options, Row } from '../row.ts';
import { NODE, PRAAS, processorMs, run } from '../whole-command.ts';

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

/** Processor time alone: the thin client spends much of its own waiting for the daemon. */
async function processor(
  options: Options,
  title: string,
  atMost: number,
  args: string[],
  env: Record<string, string>,
): Promise<Figure> {
  options.say(`start: ${title}`);
  return {
    title: `${title}, processor time, against an empty \`node -e 0\``,
    bar: { atMost },
    ratios: await ratios(
      options.quick ? 5 : 31,
      () => processorMs(options, PRAAS, args, env),
      () => processorMs(options, NODE, ['-e', '0']),
    ),
  };
}

/** The socket of a daemon with so many mappings of one router. */
async function served(options: Options, count: number): Promise<string> {
  const daemon = await BenchDaemon.make(options, 'nftables');
  await storeMappings(options, daemon.state_dir, await manyRouters(options, 1), count);
  await daemon.start();
  return daemon.socketPath;
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
    const beside = { PRAAS_SOCKET_PATH: await served(options, 100) };
    figures.push(
      await processor(options, '`praas pat list` of 100 mappings with a daemon', 1.5, list, beside),
      await processor(options, '`praas --version`', 1.3, ['--version'], beside),
    );
    return { figures };
  },
};
