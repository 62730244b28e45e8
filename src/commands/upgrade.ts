import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { InstallerCommand, type StepReport } from './installer-command.ts';

export default class Upgrade extends InstallerCommand {
  static override summary = 'replace the installed praas by another version, and go back if that does not become ready';
  static override description =
    'Rules and connections stay as they are all the while. The files are replaced one by one, each in one step. A copy of ' +
    'files and state is kept until the services of the new version are ready; when they are not, everything is put back ' +
    'and the old version runs again.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./praas-new',
    '<%= config.bin %> <%= command.id %> ./praas-new --dry-run',
  ];
  static override args = {
    executable: Args.string({ description: 'executable of the new version', ignoreStdin: true, required: true }),
  };
  static override flags = {
    start: Flags.boolean({
      description: 'start the services anew, and wait until they are ready',
      default: true,
      allowNo: true,
    }),
  };

  async run(): Promise<{ readonly steps: readonly StepReport[] }> {
    const { args, flags } = await this.parse(Upgrade);
    const installer = await this.installer(flags);
    const steps = await installer.upgrade(resolve(args.executable), flags.start);
    const idle = `${args.executable} is installed already; nothing to do.`;
    return { steps: await this.perform(installer, steps, { dry_run: flags['dry-run'], idle }) };
  }
}
