import { Flags } from '@oclif/core';
import { ROOT } from '../../core/identity/requester.ts';
import { isRouter, type RouterSummary } from '../../pat/router/view.ts';
import { outputFlags } from '../flags.ts';
import { renderList } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';
import { LISTED_ROUTERS, ROUTER_COLUMNS } from './router-columns.ts';

export default class RouterList extends ServiceCommand {
  static override summary = 'list the routers of this node';
  static override description =
    'Lists the namespaces qrouter-… and snat-…, and others with a gateway address or mappings. Free ports are the ports of ' +
    'router_port_range that a new mapping can get.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all',
    '<%= config.bin %> <%= command.id %> -f value -c Namespace -c "Gateway IPs"',
  ];
  static override flags = {
    all: Flags.boolean({ description: 'include network namespaces that are not routers' }),
    ...outputFlags,
  };

  protected override readonly work = 'query';

  async run(): Promise<readonly RouterSummary[]> {
    const { flags } = await this.parse(RouterList);
    const columns = this.choose(ROUTER_COLUMNS, flags.column, LISTED_ROUTERS);
    this.requireRootHere(flags);
    const { routers: present, failures } = await this.withPraas(flags, (praas) => praas.routers.list(ROOT));
    const routers = flags.all ? present : present.filter(isRouter);
    this.print(await renderList(flags.format, columns, routers));
    for (const failure of failures) this.tellFailure(failure);
    return routers;
  }
}
