import { ROOT } from '../../core/identity/requester.ts';
import { cleanedLines } from '../../core/values/printable.ts';
import type { CheckReport } from '../../pat/check/report.ts';
import { outputFlags } from '../flags.ts';
import { renderList } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';
import { mappingArg } from './flags.ts';
import { HOP_COLUMNS, hopLine } from './hop-columns.ts';

const EXIT_FAILED = 1;

export default class PatCheck extends ServiceCommand {
  static override summary = 'diagnose why a mapping cannot be reached';
  static override description =
    'Follows the path of a packet: mapping, router, node, connection table, interfaces, rules of other programs, kernel rules, ' +
    'counters, forwarding, address scope, filters, security groups, port, server, and a TCP connection from the router to the ' +
    'server. Shows the first failed hop and the next step. Changes nothing. Exits with 1 if a hop failed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0b0e0a52',
    '<%= config.bin %> <%= command.id %> 0b0e0a52 -f value -c Hop -c Verdict',
  ];
  static override args = { id: mappingArg({ required: true }) };
  static override flags = { ...outputFlags };

  protected override readonly work = 'query';

  async run(): Promise<CheckReport> {
    const { args, flags } = await this.parse(PatCheck);
    const columns = this.choose(HOP_COLUMNS, flags.column);
    this.requireRootHere(flags);
    const report = await this.withPraas(flags, ({ checks }) => checks.check(args.id, ROOT));
    const isPlain = flags.format === 'table' && flags.column === undefined;
    if (isPlain) this.print([...report.hops.map(hopLine), '', cleanedLines(report.conclusion)].join('\n'));
    else this.print(await renderList(flags.format, columns, report.hops));
    if (!report.ok) process.exitCode = EXIT_FAILED;
    return report;
  }
}
