import { Flags } from '@oclif/core';
import type { Installer } from '../compose/installer.ts';
import { InstallerCommand, type StepReport } from './installer-command.ts';
import { confirm } from './output/confirm.ts';

export default class Uninstall extends InstallerCommand {
  static override summary = 'stop the services and remove what install has placed';
  static override description =
    'Nothing is left that was not there before, and files that were there before are put back. Settings, mappings and logs ' +
    'stay, unless with --purge. With --remove-rules the ports that are published are closed and their connections end; with ' +
    '--keep-rules they stay open until the router or the node is made anew. Without either it asks.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --keep-rules',
    '<%= config.bin %> <%= command.id %> --remove-rules --purge',
  ];
  static override flags = {
    'keep-rules': Flags.boolean({ description: 'leave the rules in the routers', exclusive: ['remove-rules'] }),
    'remove-rules': Flags.boolean({ description: 'take the rules out of the routers' }),
    purge: Flags.boolean({ description: 'remove settings, mappings and logs too' }),
  };

  async run(): Promise<{ readonly steps: readonly StepReport[] }> {
    const { flags } = await this.parse(Uninstall);
    const installer = await this.installer(flags);
    const says = flags['keep-rules'] || flags['remove-rules'];
    const removesRules = says ? flags['remove-rules'] : await this.#ask(installer, flags['dry-run']);
    const steps = await installer.uninstall({ removesRules, purges: flags.purge });
    const idle = 'Nothing to do: there is no installation here.';
    return { steps: await this.perform(installer, steps, { dry_run: flags['dry-run'], idle }) };
  }

  /** Whether the rules go. Where nothing is published there is nothing to ask. */
  async #ask(installer: Installer, dry_run: boolean): Promise<boolean> {
    const published = await installer.published();
    if (published === 0) return false;
    const question = `${published} mapping(s) are published. Take their rules out of the routers, and end their connections?`;
    if (dry_run) {
      this.complain(`It would ask: ${question}`);
      return false;
    }
    const answer = await confirm(question, installer.interruption.abortSignal);
    if (answer === undefined) this.misuse(`${published} mapping(s) are published: say --keep-rules or --remove-rules.`);
    return answer;
  }
}
