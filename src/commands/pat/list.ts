import { Flags } from '@oclif/core';
import type { Praas } from '../../compose/praas.ts';
import { isPraasError } from '../../pat/errors.ts';
import { STATUSES, type Status } from '../../pat/mapping/mapping.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import { anyCase, ipv4Flag, outputFlags } from '../flags.ts';
import { renderList } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';
import { routerFlag } from './flags.ts';
import { LISTED, MAPPING_COLUMNS } from './mapping-columns.ts';

export default class PatList extends ServiceCommand {
  static override summary = 'list mappings';
  static override description =
    'Sorted by router, gateway address, port and protocol. The status is as stored; `praas router show` compares the ' +
    'rules in the kernel.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --router edge --status DOWN',
    '<%= config.bin %> <%= command.id %> -f json -c ID -c "Router Port"',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = {
    router: routerFlag({ env: 'PRAAS_ROUTER', description: 'only mappings of this router' }),
    'server-ip': ipv4Flag({ description: 'only mappings to this server address' }),
    status: Flags.custom<Status>({ ...anyCase(STATUSES), description: 'only mappings with this status' })(),
    ...outputFlags,
  };

  async run(): Promise<readonly MappingView[]> {
    const { flags } = await this.parse(PatList);
    const columns = this.choose(MAPPING_COLUMNS, flags.column, LISTED);
    const filter = {
      ...(flags.router !== undefined && { router_id: flags.router }),
      ...(flags['server-ip'] !== undefined && { server_ip: flags['server-ip'] }),
      ...(flags.status !== undefined && { status: flags.status }),
    };
    const { mappings, failures, isUnknown } = await this.withPraas(flags, async (praas) => {
      const listed = await praas.pat.list(filter);
      const isNothing = listed.mappings.length === 0 && listed.failures.length === 0;
      return { ...listed, isUnknown: isNothing && (await isUnknownRouter(flags.router, praas)) };
    });
    if (isUnknown) this.complain(`router ${flags.router} not found on this node, and no mapping is stored for it`);
    this.print(await renderList(flags.format, columns, mappings));
    for (const failure of failures) this.complain(failure.message);
    if (failures.length > 0) process.exitCode = 1;
    return mappings;
  }
}

/** True when neither the store nor the node knows the router. What cannot be looked at now may be known. */
async function isUnknownRouter(router_id: string | undefined, { pat, routers }: Praas): Promise<boolean> {
  if (router_id === undefined || (await pat.list({ router_id })).mappings.length > 0) return false;
  try {
    await routers.show(router_id);
    return false;
  } catch (error) {
    return isPraasError(error, 'ROUTER_NOT_FOUND');
  }
}
