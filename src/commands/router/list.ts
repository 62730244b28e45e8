import { Flags } from '@oclif/core';
import { isRouter, type RouterSummary } from '../../pat/router/view.ts';
import { outputFlags } from '../flags.ts';
import { type Column, renderList } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';

const COLUMNS: readonly Column<RouterSummary>[] = [
  { title: 'Router ID', value: ({ router_id }) => router_id },
  { title: 'Name', value: ({ name }) => name },
  { title: 'Project ID', value: ({ project_id }) => project_id },
  { title: 'Namespace', value: ({ namespace }) => namespace },
  { title: 'Gateway IPs', value: ({ gateway_ips }) => gateway_ips },
  { title: 'Mappings', value: ({ mappings }) => mappings },
  { title: 'Free TCP Ports', value: ({ free_ports }) => free_ports.tcp },
  { title: 'Free UDP Ports', value: ({ free_ports }) => free_ports.udp },
  { title: 'Used TCP Ports', value: ({ used_ports }) => used_ports.tcp },
  { title: 'Used UDP Ports', value: ({ used_ports }) => used_ports.udp },
];
const LISTED = ['Name', 'Namespace', 'Gateway IPs', 'Mappings', 'Free TCP Ports', 'Free UDP Ports'];

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
    const columns = this.choose(COLUMNS, flags.column, LISTED);
    this.requireRootHere(flags);
    const { routers: present, failures } = await this.withPraas(flags, (praas) => praas.routers.list());
    const routers = flags.all ? present : present.filter(isRouter);
    this.print(await renderList(flags.format, columns, routers));
    for (const failure of failures) this.complain(failure.message);
    if (failures.length > 0) process.exitCode = 1;
    return routers;
  }
}
