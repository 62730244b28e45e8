import { Flags } from '@oclif/core';
import { ROOT } from '../../core/identity/requester.ts';
import { STATUSES, type Status } from '../../pat/mapping/mapping.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import { isKnownRouter } from '../../pat/services/known-router.ts';
import { anyCase, ipv4Flag, outputFlags } from '../flags.ts';
import { renderList } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';
import { routerFlag } from './flags.ts';
import { LISTED, MAPPING_COLUMNS } from './mapping-columns.ts';

export default class PatList extends ServiceCommand {
  static override summary = 'list mappings';
  static override description =
    'Sorted by router, gateway address, port and protocol. The status is as stored; `praas router show` compares the ' +
    'kernel rules with the store.';
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

  protected override readonly work = 'query';

  async run(): Promise<readonly MappingView[]> {
    const { flags } = await this.parse(PatList);
    const columns = this.choose(MAPPING_COLUMNS, flags.column, LISTED);
    const filter = {
      ...(flags.router !== undefined && { router_id: flags.router }),
      ...(flags['server-ip'] !== undefined && { server_ip: flags['server-ip'] }),
      ...(flags.status !== undefined && { status: flags.status }),
    };
    const { mappings, failures, isKnown } = await this.withPraas(flags, async (praas) => {
      const listed = await praas.pat.list(filter, ROOT);
      const isNothing = listed.mappings.length === 0 && listed.failures.length === 0;
      const { router } = flags;
      return { ...listed, isKnown: !isNothing || router === undefined || (await isKnownRouter(praas, router)) };
    });
    if (!isKnown) this.complain(`router ${flags.router} not found on this node, and no mapping is stored for it`);
    this.print(await renderList(flags.format, columns, mappings));
    for (const failure of failures) this.tellFailure(failure);
    return mappings;
  }
}
