import { Flags } from '@oclif/core';
import type { Report } from '../admin/doctor/report.ts';
import { type Config, loadConfig } from '../compose/config.ts';
import type { Doctor as Doctors } from '../compose/doctor.ts';
import { isPraasError } from '../core/errors/errors.ts';
import { PraasCommand } from './base.ts';
import { outputFlags } from './flags.ts';
import { FINDING_COLUMNS, renderReport } from './output/finding-columns.ts';
import { renderList } from './output/rows.ts';

const EXIT_WRONG = 1;

export default class Doctor extends PraasCommand {
  static override summary = 'look whether this node has all that praas needs, and say what to do';
  static override description =
    'Tools, kernel, rights, configuration, state, services, OpenStack, the clock, and the routers. Each line is ok, warning or ' +
    'wrong, with what was seen and what to do. Changes nothing, and runs with or without the daemon. Exit code 1 when something ' +
    'is wrong.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --problems',
    '<%= config.bin %> <%= command.id %> -f value -c Check -c Verdict',
  ];
  static override flags = {
    problems: Flags.boolean({ description: 'show only what is not ok' }),
    ...outputFlags,
  };

  async run(): Promise<Report> {
    const { flags } = await this.parse(Doctor);
    const columns = this.choose(FINDING_COLUMNS, flags.column);
    const doctor = await this.#doctor(flags.config);
    const report = await this.interruptible(doctor.interruption, () => doctor.examine());
    const findings = flags.problems ? report.findings.filter(({ verdict }) => verdict !== 'ok') : report.findings;
    const isPlain = flags.format === 'table' && flags.column === undefined;
    if (isPlain) this.print(renderReport({ ...report, findings }));
    else this.print(await renderList(flags.format, columns, findings));
    if (!report.ok) process.exitCode = EXIT_WRONG;
    return { ...report, findings };
  }

  /** With a wrong configuration it goes on with the defaults, and says so. */
  async #doctor(given: string | undefined): Promise<Doctors> {
    const { Doctor: Opened } = await import('../compose/processes.ts');
    const common = { env: process.env, isRoot: process.getuid?.() === 0 };
    try {
      const { config, path, renamed } = await this.loadConfig(given);
      return new Opened(config, { ...common, configPath: path, configError: undefined, renamed });
    } catch (error) {
      if (!isPraasError(error)) throw error;
      return new Opened(await defaults(), { ...common, configPath: given, configError: error, renamed: [] });
    }
  }
}

async function defaults(): Promise<Config> {
  return (await loadConfig({ env: {}, path: '/dev/null' })).config;
}
