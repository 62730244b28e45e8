import { Flags } from '@oclif/core';
import type { Config } from '../compose/config.ts';
import { composeOrConnect } from '../compose/praas.ts';
import type { DaemonContext } from '../compose/runtime-context.ts';
import type { Correction } from '../pat/follow/correction.ts';
import { withheldText } from '../pat/follow/withheld.ts';
import { DaemonCommand } from './daemon-command.ts';
import { outputFlags } from './flags.ts';
import { renderList } from './output/rows.ts';
import { CORRECTION_COLUMNS } from './pat/correction-columns.ts';
import { retained, retainFlag } from './pat/retain-flag.ts';

export default class MonitorCommand extends DaemonCommand {
  static override summary = 'run the monitor agent: follow servers in OpenStack';
  static override description =
    'Compares the mappings with OpenStack every second_monitoring seconds, and on each notification when `notifications` is set ' +
    'in praas.conf. A mapping is deleted with its server, follows its server to another address, and is DOWN while the server is ' +
    'shut off. Requires `praas serve` unless --once is given. When a sweep would ' +
    'delete more than max_removals_percent, it deletes none until `--once --confirm`.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --once --dry-run',
    '<%= config.bin %> <%= command.id %> --once --confirm',
  ];
  static override flags = {
    once: Flags.boolean({ description: 'run one sweep, show the changes, and exit' }),
    'dry-run': Flags.boolean({
      description: 'with --once: show the changes without making them',
      dependsOn: ['once'],
    }),
    check: Flags.boolean({
      description: 'check whether OpenStack is configured; the exit code is 1 when it is not',
      exclusive: ['once'],
    }),
    confirm: Flags.boolean({
      description: 'with --once: delete mappings beyond max_removals_percent, and accept empty lists',
      dependsOn: ['once'],
    }),
    retain: retainFlag({
      description: 'days for which events are kept, where no PAT agent runs (default: retain_days in praas.conf)',
    }),
    ...outputFlags,
  };

  async run(): Promise<readonly Correction[]> {
    const { flags } = await this.parse(MonitorCommand);
    const columns = this.choose(CORRECTION_COLUMNS, flags.column);
    this.requireRoot();
    const read = this.reader(flags.config, retained(flags.retain));
    const config = await read();
    if (flags.check) return this.#check(config);
    const context = this.context(flags.config);
    if (!flags.once) {
      if (flags.retain !== undefined) this.complain('--retain has no effect without --once; use it with `praas serve`');
      await this.#runAgent(config, context, read);
      return [];
    }
    const options = { dryRun: flags['dry-run'], confirmed: flags.confirm };
    const { corrections, withheld } = await this.#once(config, context, options);
    this.print(await renderList(flags.format, columns, corrections));
    for (const each of withheld) this.complain(withheldText(each));
    if (withheld.length > 0) process.exitCode = 1;
    return corrections;
  }

  /** For the unit, which is not started without a cloud. A configuration that is not valid counts: its start reports it. */
  async #check(config: Config): Promise<readonly Correction[]> {
    const { cloudNotConfigured, hasCloud } = await import('../compose/processes.ts');
    if (await hasCloud(config, process.env)) {
      this.print('OpenStack is configured');
    } else {
      this.print(cloudNotConfigured(config, process.env).message);
      process.exitCode = 1;
    }
    return [];
  }

  async #once(
    config: Config,
    context: DaemonContext,
    options: { readonly dryRun: boolean; readonly confirmed: boolean },
  ) {
    const { sweepOnce } = await import('../compose/processes.ts');
    const praas = await composeOrConnect(config, context);
    try {
      const report = await sweepOnce(config, context, praas, options);
      if (options.dryRun) return report;
      return { ...report, corrections: report.applied.map(({ correction }) => correction) };
    } finally {
      await praas.close();
    }
  }

  async #runAgent(config: Config, context: DaemonContext, read: () => Promise<Config>): Promise<void> {
    if (this.jsonEnabled()) this.misuse('--json requires --once');
    const { composeMonitorAgent } = await import('../compose/processes.ts');
    const agent = await composeMonitorAgent(config, context);
    await this.runUntilStopped(agent, read);
  }
}
