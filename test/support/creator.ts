// One process that creates mappings through compose(), without the command line: creator.ts CONFIG STATE_DIR ROUTER COUNT.
// Prints the router port of each. It gives the lock back after each, so that others get their turn.

import { loadConfig } from '../../src/compose/config.ts';
import { compose } from '../../src/compose/praas.ts';
import { ROOT } from '../../src/core/identity/requester.ts';
import { parseInput } from '../../src/core/values/input.ts';
import { MappingRequest } from '../../src/pat/mapping/request.ts';

const [path, state_dir, router_id, count] = process.argv.slice(2);
const env = {
  ...process.env,
  PRAAS_STATE_DIR: state_dir,
  PRAAS_LOG_DIR: `${state_dir}.log`,
  PRAAS_BACKEND: 'nftables',
};
const { config } = await loadConfig({ env, ...(path !== undefined && { path }) });
const request = parseInput(MappingRequest, { router_id, server_ip: '10.20.0.51', server_port: 80 });
for (let round = 0; round < Number(count); round++) {
  const praas = compose(config, { env, command: 'creator', complain: (sentence) => process.stderr.write(sentence) });
  try {
    const { value } = await praas.pat.create(request, { requester: ROOT });
    process.stdout.write(`${value.router_port}\n`);
  } finally {
    await praas.close();
  }
}
