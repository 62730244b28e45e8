// One mapping more, where there are many and where there are few.
import { ratios, timed } from '../measure.ts';
import { BenchRouter, FREE_PORTS, mappingsFor, serviceOf } from '../router.ts';
import type { Figure, Options, Row } from '../row.ts';
import { PRAAS, run } from '../whole-command.ts';

const FEW = 100;

async function inOneProcess(options: Options): Promise<Figure> {
  const many = options.quick ? 5_000 : 60_000;
  const creators = await Promise.all(
    [many, FEW].map(async (count) => {
      options.say(`create: a router with ${count} mappings`);
      const router = new BenchRouter(options);
      await router.reset();
      const { pat, fill } = await serviceOf(options, 'nftables');
      await fill(router.name, mappingsFor(router.name, count));
      await pat.sync(router.name);
      const wanted = { router_id: router.name, server_ip: '10.20.0.51', server_port: 22 };
      return () => timed(() => pat.create(wanted));
    }),
  );
  const [withMany = creators[0], withFew = creators[1]] = creators;
  if (withMany === undefined || withFew === undefined) throw new Error('two creators are needed');
  return {
    title: `create one mapping with ${many} present, against with ${FEW} (nftables, in one process)`,
    bar: 1.5,
    ratios: await ratios(options.quick ? 5 : 21, withMany, withFew),
  };
}

async function asCommand(options: Options): Promise<Figure> {
  const many = options.quick ? 1_000 : 10_000;
  const commands = await Promise.all(
    [many, FEW].map(async (count) => {
      const router = new BenchRouter(options);
      await router.reset();
      const { pat, fill, state_dir } = await serviceOf(options, 'nftables');
      await fill(router.name, mappingsFor(router.name, count));
      await pat.sync(router.name);
      const args = ['pat', 'create', '-r', router.name, '--server-ip', '10.20.0.51', '--port', '22'];
      const env = { PRAAS_STATE_DIR: `${state_dir}-command`, PRAAS_BACKEND: 'nftables' };
      await options.exec({ file: 'cp', args: ['-r', state_dir, env.PRAAS_STATE_DIR] });
      options.later(() => options.exec({ file: 'rm', args: ['-r', env.PRAAS_STATE_DIR] }));
      const range = `${FREE_PORTS.first}:${FREE_PORTS.last}`;
      return () => timed(() => run(PRAAS, args, { ...env, PRAAS_ROUTER_PORT_RANGE: range, PRAAS_LOG_DIR: state_dir }));
    }),
  );
  const [withMany = creatorMissing, withFew = creatorMissing] = commands;
  return {
    title: `the command \`praas pat create\` without a daemon, ${many} present against ${FEW} (nftables)`,
    bar: undefined,
    ratios: await ratios(options.quick ? 3 : 7, withMany, withFew),
  };
}

function creatorMissing(): Promise<number> {
  throw new Error('two commands are needed');
}

export const create: Row = {
  name: 'create',
  measure: async (options) => [await inOneProcess(options), await asCommand(options)],
};
