import { Flags } from '@oclif/core';
import { DaemonCommand } from './daemon-command.ts';
import { retained, retainFlag } from './pat/retain-flag.ts';

export default class Serve extends DaemonCommand {
  static override enableJsonFlag = false;
  static override summary = 'run the PAT agent: API and reconciliation of rules';
  static override description =
    'Listens on listen_address and port_app, and on a Unix socket for commands of root on this node. SIGTERM stops it ' +
    'after the current requests; rules and connections stay. SIGHUP reloads the configuration, the certificate and the key; when ' +
    'one is not valid, it is reported and the previous one stays in use.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    'PRAAS_PORT_APP=8080 <%= config.bin %> <%= command.id %> --config ./praas.conf',
    '<%= config.bin %> <%= command.id %> --monitor --retain 30',
  ];
  static override flags = {
    monitor: Flags.boolean({ description: 'also run the monitor agent, which follows servers in OpenStack' }),
    retain: retainFlag({ description: 'days for which events are kept (default: retain_days in praas.conf)' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve);
    this.requireRoot();
    const read = this.reader(flags.config, retained(flags.retain));
    const config = await read();
    const { composePatAgent } = await import('../compose/processes.ts');
    const daemon = await composePatAgent(config, this.context(flags.config), { monitors: flags.monitor });
    await this.runUntilStopped(daemon, read);
  }
}
