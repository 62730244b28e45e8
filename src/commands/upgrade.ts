import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { InstallerCommand, type StepReport } from './installer-command.ts';

export default class Upgrade extends InstallerCommand {
  static override summary = 'replace the installed praas by another version';
  static override description =
    'Rules and connections stay. Files and state are backed up first; when a service of the new version does not become ready, ' +
    'they are restored and the services of the old version are started again.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./praas-new',
    '<%= config.bin %> <%= command.id %> ./praas-new --dry-run',
  ];
  static override args = {
    executable: Args.string({ description: 'executable of the new version', ignoreStdin: true, required: true }),
  };
  static override flags = {
    start: Flags.boolean({
      description: 'start the services and wait until they are ready',
      default: true,
      allowNo: true,
    }),
  };

  async run(): Promise<{ readonly steps: readonly StepReport[] }> {
    const { args, flags } = await this.parse(Upgrade);
    const installer = await this.installer(flags);
    const steps = await installer.planUpgrade(resolve(args.executable), flags.start);
    const upToDate = `${args.executable} is already installed.`;
    return { steps: await this.runSteps(installer, steps, { isDryRun: flags['dry-run'], upToDate }) };
  }
}
