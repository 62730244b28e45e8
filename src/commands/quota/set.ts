import { Args, Flags } from '@oclif/core';
import { ROOT } from '../../core/identity/requester.ts';
import { parseInput } from '../../core/values/input.ts';
import { OwnQuota, ProjectId } from '../../pat/quota/quota.ts';
import type { QuotaView } from '../../pat/services/api.ts';
import { limitFlag, outputFlags } from '../flags.ts';
import { renderRecord } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';
import { QUOTA_COLUMNS } from './quota-columns.ts';

export default class QuotaSet extends ServiceCommand {
  static override summary = 'set the quota of a project';
  static override description =
    'Operators only. A quota below the current usage deletes nothing. Projects without their own quota have ' +
    'quota_mappings and quota_ports of praas.conf.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4a1c6f0e2b7d4e3f9a5b8c7d6e5f4a3b --mappings 200',
    '<%= config.bin %> <%= command.id %> 4a1c6f0e2b7d4e3f9a5b8c7d6e5f4a3b --mappings=-1 --ports-per-router 100',
    '<%= config.bin %> <%= command.id %> 4a1c6f0e2b7d4e3f9a5b8c7d6e5f4a3b --default',
  ];
  static override args = {
    project: Args.string({ description: 'project ID', ignoreStdin: true, required: true }),
  };
  static override flags = {
    mappings: limitFlag({ description: 'maximum number of mappings; -1: no limit' }),
    'ports-per-router': limitFlag({ description: 'maximum number of mappings on one router; -1: no limit' }),
    default: Flags.boolean({
      description: 'reset the quota to the default',
      exclusive: ['mappings', 'ports-per-router'],
    }),
    ...outputFlags,
  };

  async run(): Promise<QuotaView> {
    const { args, flags } = await this.parse(QuotaSet);
    const columns = this.choose(QUOTA_COLUMNS, flags.column);
    const { mappings, 'ports-per-router': ports_per_router } = flags;
    const given = {
      ...(mappings !== undefined && { mappings }),
      ...(ports_per_router !== undefined && { ports_per_router }),
    };
    if (!flags.default && Object.keys(given).length === 0)
      this.misuse('--mappings, --ports-per-router or --default is required');
    this.requireRootHere(flags);
    const project = parseInput(ProjectId, args.project, 'PROJECT');
    const quota = await this.withPraas(flags, ({ quotas }) =>
      flags.default ? quotas.reset(project, ROOT) : quotas.set(project, parseInput(OwnQuota, given), ROOT),
    );
    this.print(await renderRecord(flags.format, columns, quota));
    return quota;
  }
}
