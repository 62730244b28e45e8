import { ROOT } from '../../core/identity/requester.ts';
import type { Connection } from '../../pat/plan/connection.ts';
import { outputFlags } from '../flags.ts';
import { type Column, renderList } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';
import { mappingArg } from './flags.ts';

const COLUMNS: readonly Column<Connection>[] = [
  { title: 'Protocol', value: ({ protocol }) => protocol },
  { title: 'Source IP', value: ({ source_ip }) => source_ip },
  { title: 'Source Port', value: ({ source_port }) => source_port },
  { title: 'Server IP', value: ({ server_ip }) => server_ip },
  { title: 'Server Port', value: ({ server_port }) => server_port },
  { title: 'State', value: ({ state }) => state },
];

export default class PatConnections extends ServiceCommand {
  static override summary = 'list current connections through a mapping';
  static override description = "Reads the kernel's connection tracking table. UDP connections have no state.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0b0e0a52',
    '<%= config.bin %> <%= command.id %> 0b0e0a52 -f value -c "Source IP" -c State',
  ];
  static override args = {
    id: mappingArg({ required: true }),
  };
  static override flags = { ...outputFlags };

  protected override readonly work = 'query';

  async run(): Promise<readonly Connection[]> {
    const { args, flags } = await this.parse(PatConnections);
    const columns = this.choose(COLUMNS, flags.column);
    this.requireRootHere(flags);
    const connections = await this.withPraas(flags, ({ pat }) => pat.connections(args.id, ROOT));
    this.print(await renderList(flags.format, columns, connections));
    return connections;
  }
}
