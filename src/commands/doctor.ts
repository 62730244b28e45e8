import { Flags } from '@oclif/core';
import type { DoctorReport } from '../admin/doctor/report.ts';
import { type Config, loadConfig } from '../compose/config.ts';
import type { Doctor as NodeDoctor } from '../compose/doctor.ts';
import { isPraasError } from '../core/errors/errors.ts';
import { PraasCommand } from './base.ts';
import { outputFlags } from './flags.ts';
import { FINDING_COLUMNS, renderReport } from './output/finding-columns.ts';
import { renderList } from './output/rows.ts';

const EXIT_FAILED = 1;

export default class Doctor extends PraasCommand {
  static override summary = 'check node prerequisites';
  static override description =
    'Checks rights, tools, kernel, configuration, state, services, OpenStack, clock and routers, with or without a running ' +
    'daemon, and changes nothing. The verdict of each check is ok, warning, failed or skipped, with the fact that was found and ' +
    'what to do. The exit code is 1 when a check failed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --problems',
    '<%= config.bin %> <%= command.id %> -f value -c Check -c Verdict',
  ];
  static override flags = {
    problems: Flags.boolean({ description: 'show only checks whose verdict is not ok' }),
    ...outputFlags,
  };

  protected override readonly work = 'query';

  async run(): Promise<DoctorReport> {
    const { flags } = await this.parse(Doctor);
    const columns = this.choose(FINDING_COLUMNS, flags.column);
    const doctor = await this.#doctor(flags.config);
    const report = await this.interruptible(doctor.interruption, () => doctor.run());
    const findings = flags.problems ? report.findings.filter(({ verdict }) => verdict !== 'ok') : report.findings;
    const isPlain = flags.format === 'table' && flags.column === undefined;
    if (isPlain) this.print(renderReport({ ...report, findings }));
    else this.print(await renderList(flags.format, columns, findings));
    if (!report.ok) process.exitCode = EXIT_FAILED;
    return { ...report, findings };
  }

  /** A configuration that is not valid is a failed check, and the others use the defaults. */
  async #doctor(given: string | undefined): Promise<NodeDoctor> {
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
