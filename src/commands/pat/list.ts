import { Flags } from '@oclif/core';
import { LISTED, MAPPING_COLUMNS } from '../../output/mapping-columns.ts';
import { renderList } from '../../output/rows.ts';
import { type Mapping, STATUSES } from '../../pat/mapping.ts';
import { PraasCommand } from '../base.ts';
import { ipv4Flag, outputFlags, routerFlag } from '../flags.ts';

export default class PatList extends PraasCommand {
  static override summary = 'list mappings';
  static override description =
    'Sorted by router, gateway address, port and protocol. Asks the store, not the kernel: `praas router show` and ' +
    '`praas router sync --dry-run` say whether the rules are in place.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --router edge --status DOWN',
    '<%= config.bin %> <%= command.id %> -f json -c ID -c "Router Port"',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = {
    router: routerFlag({ env: 'PRAAS_ROUTER', description: 'only mappings of this router' }),
    'server-ip': ipv4Flag({ description: 'only mappings to this server' }),
    status: Flags.option({ options: STATUSES, description: 'only mappings with this status' })(),
    ...outputFlags,
  };

  async run(): Promise<readonly Mapping[]> {
    const { flags } = await this.parse(PatList);
    const columns = this.choose(MAPPING_COLUMNS, flags.column, LISTED);
    const filter = {
      ...(flags.router !== undefined && { router_id: flags.router }),
      ...(flags['server-ip'] !== undefined && { server_ip: flags['server-ip'] }),
      ...(flags.status !== undefined && { status: flags.status }),
    };
    const { mappings, failures } = await this.withPraas(flags.config, ({ pat }) => pat.list(filter));
    this.print(await renderList(flags.format, columns, mappings));
    for (const failure of failures) this.complain(failure.message);
    if (failures.length > 0) process.exitCode = 1;
    return mappings;
  }
}
