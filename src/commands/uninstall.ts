import { Flags } from '@oclif/core';
import type { Installer } from '../compose/installer.ts';
import { counted } from '../core/values/counted.ts';
import { InstallerCommand, type StepReport } from './installer-command.ts';
import { confirm } from './output/confirm.ts';

export default class Uninstall extends InstallerCommand {
  static override summary = 'remove praas and its services from this node';
  static override description =
    'Files that the installation has replaced are restored. Settings, mappings and logs are kept unless --purge is given. With ' +
    '--remove-rules the published ports are closed and their connections end; with --keep-rules they stay open until the router ' +
    'is created again or the node restarts. Without either, the command asks.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --keep-rules',
    '<%= config.bin %> <%= command.id %> --remove-rules --purge',
  ];
  static override flags = {
    'keep-rules': Flags.boolean({ description: 'keep the rules in the routers', exclusive: ['remove-rules'] }),
    'remove-rules': Flags.boolean({ description: 'remove the rules from the routers' }),
    purge: Flags.boolean({ description: 'also remove settings, mappings and logs' }),
  };

  async run(): Promise<{ readonly steps: readonly StepReport[] }> {
    const { flags } = await this.parse(Uninstall);
    const installer = await this.installer(flags);
    const isDecided = flags['keep-rules'] || flags['remove-rules'];
    const isRemovingRules = isDecided ? flags['remove-rules'] : await this.#confirm(installer, flags['dry-run']);
    const steps = await installer.planUninstall({ isRemovingRules, isPurge: flags.purge });
    const upToDate = 'praas is not installed: nothing to remove.';
    return { steps: await this.runSteps(installer, steps, { isDryRun: flags['dry-run'], upToDate }) };
  }

  /** Whether the rules are removed. Where no mapping is published it does not ask. */
  async #confirm(installer: Installer, isDryRun: boolean): Promise<boolean> {
    const published = await installer.countPublished();
    if (published === 0) return false;
    const mappings = `${counted(published, 'mapping')} ${published === 1 ? 'is' : 'are'}`;
    const their = published === 1 ? 'its' : 'their';
    const question = `${mappings} published. Remove ${their} rules from the routers and end ${their} connections?`;
    if (isDryRun) {
      this.complain(`would ask: ${question}`);
      return false;
    }
    const answer = await confirm(question, installer.interruption.abortSignal);
    if (answer === undefined) this.misuse(`--keep-rules or --remove-rules is required: ${mappings} published`);
    return answer;
  }
}
