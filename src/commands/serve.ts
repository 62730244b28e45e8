import { hostname } from 'node:os';
import { Flags } from '@oclif/core';
import { PAT_KEYS } from '../pat/settings.ts';
import { DaemonCommand, retainFlag } from './daemon-command.ts';

export default class Serve extends DaemonCommand {
  static override enableJsonFlag = false;
  static override summary = 'run the PAT agent: the API, and the loop that keeps the rules as the mappings say';
  static override description =
    'Listens on listen_address and port_app, and on a Unix socket for root on this node, which `praas pat` uses by itself. ' +
    'SIGTERM stops it when the requests under way are answered; rules and connections stay. SIGHUP reads the configuration, ' +
    'the certificate and the key again; a wrong configuration is reported and the old one stays.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    'PRAAS_PORT_APP=8080 <%= config.bin %> <%= command.id %> --config ./praas.conf',
    '<%= config.bin %> <%= command.id %> --monitor --retain 30',
  ];
  static override flags = {
    monitor: Flags.boolean({ description: 'be the monitor agent too: let mappings follow their servers in OpenStack' }),
    retain: retainFlag({ description: `${PAT_KEYS.retain_days.description} (default: retain_days)` }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve);
    this.requireRoot();
    const read = this.reader(flags);
    const config = await read();
    const { composePatAgent } = await import('../compose/processes.ts');
    const surroundings = {
      env: process.env,
      command: this.title,
      version: this.config.version,
      hostName: hostname(),
      complain: (sentence: string): void => this.complain(sentence),
      say: (line: string): void => this.print(line),
    };
    const daemon = await composePatAgent(config, surroundings, { monitors: flags.monitor });
    await this.runUntilStopped(daemon, read);
  }
}
