// One mapping more, where there are many and where there are few.

import { ROOT } from '../../src/core/identity/requester.ts';
import { parseInput } from '../../src/core/values/input.ts';
import { MappingRequest } from '../../src/pat/mapping/request.ts';
import { ratios, timed } from '../measure.ts';
import { BenchRouter, FREE_PORTS, mappingsFor, type Service, serviceOf } from '../router.ts';
import type { Figure, Options, Row } from '../row.ts';
import { PRAAS, run } from '../whole-command.ts';

const FEW = 100;

/** A router that holds so many mappings, in the store and in the kernel. */
async function filled(options: Options, count: number): Promise<Service & { router_id: string }> {
  options.say(`create: a router with ${count} mappings`);
  const router = new BenchRouter(options);
  await router.reset();
  const service = await serviceOf(options, 'nftables');
  await service.fill(router.name, mappingsFor(router.name, count));
  await service.pat.sync(router.name, { requester: ROOT });
  return { ...service, router_id: router.name };
}

async function inOneProcess(options: Options): Promise<Figure> {
  const many = options.quick ? 5_000 : 60_000;
  const creator = async (count: number): Promise<() => Promise<number>> => {
    const { pat, router_id } = await filled(options, count);
    return () =>
      timed(() =>
        pat.create(parseInput(MappingRequest, { router_id, server_ip: '10.20.0.51', server_port: 22 }), {
          requester: ROOT,
        }),
      );
  };
  const withMany = await creator(many);
  const withFew = await creator(FEW);
  return {
    title: `create one mapping with ${many} present, against with ${FEW} (nftables, in one process)`,
    bar: { atMost: 1.2 },
    ratios: await ratios(options.quick ? 5 : 41, withMany, withFew),
  };
}

async function asCommand(options: Options): Promise<Figure> {
  const many = options.quick ? 1_000 : 10_000;
  const creator = async (count: number): Promise<() => Promise<number>> => {
    const { router_id, stateDir } = await filled(options, count);
    // The service here keeps the lock of its own directory.
    const copy = `${stateDir}-command`;
    options.later(() => options.steady({ file: 'rm', args: ['-rf', copy] }));
    await options.steady({ file: 'cp', args: ['-r', stateDir, copy] });
    const args = ['pat', 'create', '-r', router_id, '--server-ip', '10.20.0.51', '--port', '22'];
    const env = {
      PRAAS_STATE_DIR: copy,
      PRAAS_LOG_DIR: stateDir,
      PRAAS_BACKEND: 'nftables',
      PRAAS_ROUTER_PORT_RANGE: `${FREE_PORTS.first}:${FREE_PORTS.last}`,
    };
    return () => timed(() => run(options, PRAAS, args, env));
  };
  const withMany = await creator(many);
  const withFew = await creator(FEW);
  return {
    title: `the command \`praas pat create\` without a daemon, ${many} present against ${FEW} (nftables)`,
    ratios: await ratios(options.quick ? 3 : 11, withMany, withFew),
  };
}

export const create: Row = {
  name: 'create',
  measure: async (options) => ({ figures: [await inOneProcess(options), await asCommand(options)] }),
};
