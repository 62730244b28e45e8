/** The parts of this node for the installer: built for one piece of work and closed after it. */

import { createExec } from '../system/exec.ts';
import type { Interruption } from '../system/interruption.ts';
import { FileLog } from '../system/log.ts';
import { programEnvironment } from '../system/program-environment.ts';
import type { Config } from './config.ts';
import { buildCommandNode, type Node } from './node.ts';

interface LocalContext {
  readonly env: NodeJS.ProcessEnv;
  readonly interruption: Interruption;
  readonly complain: (sentence: string) => void;
}

/** Gives what `work` gives. Nothing is locked unless `work` does it. */
export async function withLocalNode<T>(
  config: Config,
  { env, interruption, complain }: LocalContext,
  work: (node: Node) => Promise<T>,
): Promise<T> {
  const log = new FileLog(config.log_dir, 'praas', complain);
  const node = buildCommandNode(config, {
    exec: createExec(
      config.command_timeout_seconds * 1000,
      programEnvironment(env, config.programs_path),
      interruption.abortSignal,
    ),
    command: 'the installer',
    interruption,
    log,
  });
  try {
    return await work(node);
  } finally {
    await node.files.close();
    await node.events.close();
    await log.close();
  }
}
