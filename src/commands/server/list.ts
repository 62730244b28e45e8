import { ROOT } from '../../core/identity/requester.ts';
import type { ServerAddress, ServerSummary } from '../../pat/services/api.ts';
import { outputFlags } from '../flags.ts';
import { type Column, renderList } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';

/** One text for each address of a server. */
const each =
  (text: (address: ServerAddress) => string) =>
  ({ addresses }: ServerSummary) =>
    addresses.map(text);

const COLUMNS: readonly Column<ServerSummary>[] = [
  { title: 'Server ID', value: ({ server_id }) => server_id },
  { title: 'Name', value: ({ name }) => name },
  { title: 'Project ID', value: ({ project_id }) => project_id },
  { title: 'Status', value: ({ status }) => status },
  { title: 'Addresses', value: each(({ server_ip }) => server_ip) },
  { title: 'Port IDs', value: each(({ port_id }) => port_id) },
  {
    title: 'Routers',
    value: each(({ routers }) => routers.map(({ name, router_id }) => name || router_id).join(' or ')),
  },
  {
    title: 'Gateway IPs',
    value: each(({ routers }) => routers.flatMap(({ gateway_ips }) => gateway_ips).join(' or ')),
  },
  { title: 'Floating IPs', value: ({ addresses }) => addresses.flatMap(({ floating_ips }) => floating_ips) },
  { title: 'Mappings', value: ({ mappings }) => mappings },
];
const LISTED = ['Name', 'Status', 'Addresses', 'Routers', 'Floating IPs', 'Mappings'];

export default class ServerList extends ServiceCommand {
  static override summary = 'list the servers of the cloud and their routers';
  static override description =
    'Addresses and routers are listed in the same order; an address without a router cannot be published.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --os-cloud demo --url https://node:3000 -f json',
  ];
  static override flags = { ...outputFlags };

  protected override readonly work = 'query';

  async run(): Promise<readonly ServerSummary[]> {
    const { flags } = await this.parse(ServerList);
    const columns = this.choose(COLUMNS, flags.column, LISTED);
    this.requireRootHere(flags);
    const servers = await this.withPraas(flags, (praas) => praas.servers.list(ROOT));
    this.print(await renderList(flags.format, columns, servers));
    return servers;
  }
}
