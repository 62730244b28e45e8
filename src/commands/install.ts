import { Flags } from '@oclif/core';
import { InstallerCommand, type StepReport } from './installer-command.ts';

export default class Install extends InstallerCommand {
  static override summary = 'install praas and its services on this node';
  static override description =
    'Installs this executable in PREFIX/bin with man page and completion, the units praas-pat-agent.service and ' +
    'praas-monitor-agent.service in /etc/systemd/system, and praas.conf and clouds.yaml in /usr/local/etc/praas where they are ' +
    'missing. Runs only the steps that are needed. When a step fails, all steps are undone. The services of the Python version ' +
    'are replaced; their settings are kept and their rules imported.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --root /mnt/image --no-start',
  ];
  static override flags = {
    start: Flags.boolean({
      description: 'start the services and wait until they are ready',
      default: true,
      allowNo: true,
    }),
    root: Flags.string({
      description: 'install into the system in this directory, such as an image; starts no services',
      helpValue: 'DIR',
    }),
  };

  async run(): Promise<{ readonly steps: readonly StepReport[] }> {
    const { flags } = await this.parse(Install);
    const installer = await this.installer(flags);
    const steps = await installer.planInstall(flags.start);
    const upToDate = `praas ${this.config.version} is installed and up to date.`;
    const success = `praas ${this.config.version} is installed. Run \`praas doctor\` to check this node.`;
    return { steps: await this.runSteps(installer, steps, { isDryRun: flags['dry-run'], upToDate, success }) };
  }
}
