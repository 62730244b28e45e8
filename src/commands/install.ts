import { Flags } from '@oclif/core';
import { InstallerCommand, type StepReport } from './installer-command.ts';

export default class Install extends InstallerCommand {
  static override summary = 'install this praas: executable, services, settings, man page and completion';
  static override description =
    'Puts this executable into PREFIX/bin and the units praas-pat-agent.service and praas-monitor-agent.service into ' +
    '/etc/systemd/system, makes praas.conf and clouds.yaml in /usr/local/etc/praas where they are missing, and starts the ' +
    'services. Done again, it does what is needed and no more. When a step fails, everything is undone. The services of the ' +
    'Python version are taken over, with their settings and their rules.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --root /mnt/image --no-start',
  ];
  static override flags = {
    start: Flags.boolean({
      description: 'start the services, and wait until they are ready',
      default: true,
      allowNo: true,
    }),
    root: Flags.string({
      description: 'install into the system in this directory, such as an image that is being built; starts nothing',
      helpValue: 'DIR',
    }),
  };

  async run(): Promise<{ readonly steps: readonly StepReport[] }> {
    const { flags } = await this.parse(Install);
    const installer = await this.installer(flags);
    const steps = await installer.install(flags.start);
    const idle = `praas ${this.config.version} is installed as it should be; nothing to do.`;
    const closing = `praas ${this.config.version} is installed; \`praas doctor\` says what is left to be done.`;
    return { steps: await this.perform(installer, steps, { dry_run: flags['dry-run'], idle, closing }) };
  }
}
