import { Args } from '@oclif/core';
import type { QuotaView } from '../../pat/services/api.ts';
import { outputFlags } from '../flags.ts';
import { QUOTA_COLUMNS } from '../output/quota-columns.ts';
import { renderList, renderRecord } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';

export default class QuotaShow extends ServiceCommand {
  static override summary = 'show how many mappings a project may have, and how many it has';
  static override description =
    'Without a project: the one of the token, or for operators all that have mappings or a quota of their own. Ports in use ' +
    'are those on the router where it has most. -1 stands for any number.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 4a1c6f0e2b7d4e3f9a5b8c7d6e5f4a3b -f value -c Mappings',
  ];
  static override args = { project: Args.string({ description: 'ID of the project', ignoreStdin: true }) };
  static override flags = { ...outputFlags };

  async run(): Promise<QuotaView | readonly QuotaView[]> {
    const { args, flags } = await this.parse(QuotaShow);
    const columns = this.choose(QUOTA_COLUMNS, flags.column);
    this.requireRootHere(flags);
    const { project } = args;
    if (project === undefined) {
      const quotas = await this.withPraas(flags, (praas) => praas.quotas.list());
      this.print(await renderList(flags.format, columns, quotas));
      return quotas;
    }
    const quota = await this.withPraas(flags, (praas) => praas.quotas.show(project));
    this.print(await renderRecord(flags.format, columns, quota));
    return quota;
  }
}
