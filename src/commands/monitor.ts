import { hostname } from 'node:os';
import { Flags } from '@oclif/core';
import { composeOrConnect } from '../compose/praas.ts';
import type { Correction } from '../pat/follow/correction.ts';
import { withheldText } from '../pat/follow/withheld.ts';
import type { Config } from '../system/config/keys.ts';
import { DaemonCommand, retainFlag } from './daemon-command.ts';
import { outputFlags } from './flags.ts';
import { renderList } from './output/rows.ts';
import { CORRECTION_COLUMNS } from './pat/correction-columns.ts';

export default class MonitorCommand extends DaemonCommand {
  static override summary = 'run the monitor agent: mappings follow their servers in OpenStack';
  static override description =
    'Compares the mappings with OpenStack every second_monitoring seconds, and at once when `notifications` in praas.conf ' +
    'names the message broker. A mapping whose server is gone is removed, one whose address has changed leads to the new ' +
    'one, one whose server is shut off is DOWN until it is back. Needs `praas serve`, unless with --once. On doubt nothing ' +
    'is removed: more than max_removals at once wait for --once --confirm.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --once --dry-run',
    '<%= config.bin %> <%= command.id %> --once --confirm',
  ];
  static override flags = {
    once: Flags.boolean({ description: 'compare once, show what was done, and end' }),
    'dry-run': Flags.boolean({
      description: 'with --once: show what would be done, and do nothing',
      dependsOn: ['once'],
    }),
    check: Flags.boolean({
      description: 'say whether OpenStack is configured, and end; the exit code is 1 where it is not',
      exclusive: ['once'],
    }),
    confirm: Flags.boolean({
      description: 'with --once: remove however many mappings there are to remove',
      dependsOn: ['once'],
    }),
    retain: retainFlag({
      description:
        'days for which the events of mappings are kept (default: as praas.conf says), where no PAT agent runs; ' +
        'where one does, it keeps them: `praas serve --retain`',
    }),
    ...outputFlags,
  };

  async run(): Promise<readonly Correction[]> {
    const { flags } = await this.parse(MonitorCommand);
    const columns = this.choose(CORRECTION_COLUMNS, flags.column);
    this.requireRoot();
    const read = this.reader(flags);
    const config = await read();
    if (flags.check) return this.#check(config);
    if (!flags.once) {
      if (flags.retain !== undefined) this.complain('--retain has no effect here: use it with `praas serve`.');
      await this.#runAgent(config, read);
      return [];
    }
    const options = { dryRun: flags['dry-run'], confirmed: flags.confirm };
    const { corrections, withheld } = await this.#once(config, options);
    this.print(await renderList(flags.format, columns, corrections));
    for (const each of withheld) this.complain(withheldText(each));
    if (withheld.length > 0) process.exitCode = 1;
    return corrections;
  }

  /** For the service, which has nothing to do without a cloud. A wrong configuration is for its start to say. */
  async #check(config: Config): Promise<readonly Correction[]> {
    const { hasCloud } = await import('../compose/processes.ts');
    const isConfigured = await hasCloud(config, process.env);
    this.print(isConfigured ? 'OpenStack is configured.' : `OpenStack is not configured: see ${config.clouds_path}.`);
    if (!isConfigured) process.exitCode = 1;
    return [];
  }

  async #once(config: Config, options: { readonly dryRun: boolean; readonly confirmed: boolean }) {
    const { sweepOnce } = await import('../compose/processes.ts');
    const surroundings = {
      env: process.env,
      command: this.title,
      complain: (sentence: string): void => this.complain(sentence),
    };
    const praas = await composeOrConnect(config, surroundings);
    try {
      const report = await sweepOnce(config, surroundings, praas, options);
      if (options.dryRun) return report;
      return { ...report, corrections: report.applied.map(({ correction }) => correction) };
    } finally {
      await praas.close();
    }
  }

  async #runAgent(config: Config, read: () => Promise<Config>): Promise<void> {
    if (this.jsonEnabled()) this.misuse('--json is for --once: the agent has no end and no result.');
    const { composeMonitorAgent } = await import('../compose/processes.ts');
    const agent = await composeMonitorAgent(config, {
      env: process.env,
      command: this.title,
      version: this.config.version,
      hostName: hostname(),
      complain: (sentence) => this.complain(sentence),
      say: (line) => this.print(line),
    });
    await this.runUntilStopped(agent, read);
  }
}
