import { Args } from '@oclif/core';
import { ROOT } from '../../core/identity/requester.ts';
import { parseInput } from '../../core/values/input.ts';
import { StoredProjectId } from '../../pat/quota/quota.ts';
import type { QuotaView } from '../../pat/services/api.ts';
import { outputFlags } from '../flags.ts';
import { renderList, renderRecord } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';
import { QUOTA_COLUMNS } from './quota-columns.ts';

export default class QuotaShow extends ServiceCommand {
  static override summary = 'show quotas and usage';
  static override description =
    'Without PROJECT: the project of the token; for root and for a token of all projects, every project that has mappings ' +
    'or its own quota. ' +
    'Ports in use are counted on the router with the most mappings. -1 means no limit.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 4a1c6f0e2b7d4e3f9a5b8c7d6e5f4a3b -f value -c Mappings',
  ];
  static override args = { project: Args.string({ description: 'project ID', ignoreStdin: true }) };
  static override flags = { ...outputFlags };

  protected override readonly work = 'query';

  async run(): Promise<QuotaView | readonly QuotaView[]> {
    const { args, flags } = await this.parse(QuotaShow);
    const columns = this.choose(QUOTA_COLUMNS, flags.column);
    this.requireRootHere(flags);
    const { project } = args;
    if (project === undefined) {
      const quotas = await this.withPraas(flags, (praas) => praas.quotas.list(ROOT));
      this.print(await renderList(flags.format, columns, quotas));
      return quotas;
    }
    const quota = await this.withPraas(flags, (praas) =>
      praas.quotas.show(parseInput(StoredProjectId, project, 'PROJECT'), ROOT),
    );
    this.print(await renderRecord(flags.format, columns, quota));
    return quota;
  }
}
