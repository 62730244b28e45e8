import { hostname } from 'node:os';
import { PraasCommand } from './base.ts';

const STOPPING = ['SIGTERM', 'SIGINT'] as const;

export default class Serve extends PraasCommand {
  static override enableJsonFlag = false;
  static override summary = 'run the PAT agent: the API, and the loop that keeps the rules as the mappings say';
  static override description =
    'Listens on listen_address and port_app, and on a Unix socket for root on this node, which `praas pat` uses by itself. ' +
    'SIGTERM stops it when the requests under way are answered; rules and connections stay. SIGHUP reads the configuration, ' +
    'the certificate and the key again; a wrong configuration is reported and the old one stays.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    'PRAAS_PORT_APP=8080 <%= config.bin %> <%= command.id %> --config ./praas.conf',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve);
    this.requireRoot();
    const { config } = await this.loadConfig(flags.config);
    const { composeDaemon } = await import('../compose/daemon.ts');
    const daemon = await composeDaemon(config, {
      env: process.env,
      command: this.title,
      version: this.config.version,
      host_name: hostname(),
      complain: (sentence) => this.complain(sentence),
      say: (line) => this.print(line),
    });
    const asked = Promise.withResolvers<void>();
    const stop = (): void => asked.resolve();
    const reload = (): void => {
      void daemon.reload(async () => (await this.loadConfig(flags.config)).config);
    };
    for (const signal of STOPPING) process.on(signal, stop);
    process.on('SIGHUP', reload);
    try {
      await daemon.start();
      await asked.promise;
    } finally {
      await daemon.stop();
      process.off('SIGHUP', reload);
      for (const signal of STOPPING) process.off(signal, stop);
    }
  }
}
