// `praas demo`: check, run, print. The demonstration is admin/demo/demo.ts.
import { constants } from 'node:os';
import { isSea } from 'node:sea';
import { Flags } from '@oclif/core';
import { PraasCommand } from './base.ts';
import { exitCodeOfSignal } from './failure.ts';
import { colour } from './output/colour.ts';

const TIMEOUT_MS = 30_000;
const DIRECTORY = '/run/praas-demo';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export default class Demo extends PraasCommand {
  static override enableJsonFlag = false;
  /** None: it has a praas.conf of its own, and tells a story. */
  static override baseFlags = {} as typeof PraasCommand.baseFlags;
  static override summary = 'show what praas does, on a throwaway world of network namespaces';
  static override description =
    'Builds an outside client, a router and two servers out of network namespaces, publishes ports of the servers with ' +
    'praas, calls them with curl, moves and deletes them, and takes everything away again, also when interrupted. ' +
    'Nothing else on this machine is touched.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --backend nftables',
  ];
  static override flags = {
    backend: Flags.option({
      options: ['iptables', 'nftables'] as const,
      default: 'iptables',
      env: 'PRAAS_BACKEND',
      description: 'what praas writes into the kernel',
    })(),
  };

  async run(): Promise<void> {
    const { backend } = (await this.parse(Demo)).flags;
    const { demoEnvironment, demoTools, runDemo } = await import('../admin/demo/demo.ts');
    const { Screen } = await import('../admin/demo/screen.ts');
    const { createExec, isInstalled, toolMissing } = await import('../system/exec.ts');
    const { systemClock } = await import('../system/clock.ts');
    this.requireRoot();
    const missing = demoTools(backend).find((tool) => !isInstalled(tool, process.env['PATH']));
    if (missing !== undefined) throw toolMissing(missing);

    const ending = new AbortController();
    for (const signal of SIGNALS) process.on(signal, () => ending.abort(constants.signals[signal]));
    const done = await runDemo({
      exec: createExec(TIMEOUT_MS, demoEnvironment(process.env, DIRECTORY, backend)),
      screen: new Screen(
        (text) => process.stdout.write(text),
        (name, text) => colour(name, text, process.stdout),
      ),
      clock: systemClock,
      signal: ending.signal,
      self: selfCommand(),
      directory: DIRECTORY,
      backend,
    });
    if (!done) this.exit(exitCodeOfSignal(Number(ending.signal.reason)));
  }
}

/** How to run this program again: the executable, or node with its start file. */
function selfCommand(): readonly string[] {
  return isSea() ? [process.execPath] : [process.execPath, process.argv[1] ?? ''];
}
