/** This node's parts for a work that is none of the services': they are joined for it, and let go of after it. */
import type { Config } from '../system/config/keys.ts';
import { createExec } from '../system/exec.ts';
import type { Interruption } from '../system/interruption.ts';
import { FileLog } from '../system/log.ts';
import { joinNode, type Node, policyOf, quotaOf } from './node.ts';

interface LocalSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly interruption: Interruption;
  readonly complain: (sentence: string) => void;
}

/** Gives what `work` gives. Nothing is locked until it asks for it. */
export async function joinLocalNode<T>(
  config: Config,
  { env, interruption, complain }: LocalSurroundings,
  work: (node: Node) => Promise<T>,
): Promise<T> {
  const log = new FileLog(config.log_dir, 'praas', complain);
  const node = joinNode({
    config,
    exec: createExec(config.command_timeout * 1000, env, interruption.ending),
    command: 'the installer',
    interruption,
    log,
    policy: policyOf(config),
    quota: () => quotaOf(config),
    lockTimeoutSeconds: config.lock_timeout,
    isWatched: false,
    retainDays: () => config.retain,
  });
  try {
    return await work(node);
  } finally {
    await node.files.close();
    await node.events.close();
    await log.close();
  }
}
