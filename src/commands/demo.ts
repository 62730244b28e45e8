// The demonstration itself is admin/demo/demo.ts.
import { isSea } from 'node:sea';
import { Flags } from '@oclif/core';
import { NODE_KEYS } from '../compose/node-keys.ts';
import { PraasCommand } from './base.ts';
import { colour } from './output/colour.ts';

const TIMEOUT_MS = 30_000;
const DIRECTORY = '/run/praas-demo';
/** The demonstration has no settings of its own. */
const PROGRAMS = NODE_KEYS.programs_path.fallback.split(':');

export default class Demo extends PraasCommand {
  static override enableJsonFlag = false;
  /** None: the demonstration has its own praas.conf, and prints text only. */
  static override baseFlags = {} as typeof PraasCommand.baseFlags;
  static override summary = 'demonstrate praas in temporary network namespaces';
  static override description =
    'Creates a client, a router and two servers as network namespaces, publishes ports of the servers, connects to them, changes ' +
    'and deletes the mappings, and removes everything, also when interrupted. Nothing else on this machine is changed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --backend nftables',
  ];
  static override flags = {
    backend: Flags.option({
      options: ['iptables', 'nftables'] as const,
      default: 'iptables',
      env: 'PRAAS_BACKEND',
      description: 'backend that writes the rules',
    })(),
  };

  async run(): Promise<void> {
    const { backend } = (await this.parse(Demo)).flags;
    const { demoEnvironment, demoTools, runDemo } = await import('../admin/demo/demo.ts');
    const { DemoOutput } = await import('../admin/demo/demo-output.ts');
    const { createExec, isInstalled } = await import('../system/exec.ts');
    const { programEnvironment } = await import('../system/program-environment.ts');
    const { Interruption } = await import('../system/interruption.ts');
    const { toolMissing } = await import('../system/tool-errors.ts');
    const { systemClock } = await import('../system/clock.ts');
    this.requireRoot();
    const missing = demoTools(backend).find((tool) => !isInstalled(tool, PROGRAMS));
    if (missing !== undefined) throw toolMissing(missing);

    const interruption = new Interruption();
    const parts = {
      exec: createExec(TIMEOUT_MS, programEnvironment(demoEnvironment(process.env, DIRECTORY, backend), PROGRAMS)),
      output: new DemoOutput(
        (text) => process.stdout.write(text),
        (name, text) => colour(name, text, process.stdout),
      ),
      clock: systemClock,
      abortSignal: interruption.abortSignal,
      praasCommand: praasCommand(),
      directory: DIRECTORY,
      backend,
    };
    await this.interruptible(interruption, () => runDemo(parts));
  }
}

/** The command line of this program: the executable, or node with its start file. */
function praasCommand(): readonly string[] {
  return isSea() ? [process.execPath] : [process.execPath, process.argv[1] ?? ''];
}
