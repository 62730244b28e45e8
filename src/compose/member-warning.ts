/** What an operator should know of a new token with the role member. */
import { hasCloud } from './cloud.ts';
import type { Config } from './config.ts';

/** Undefined on a node with OpenStack, which says what is of the member's project. */
export async function memberWarning(config: Config, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return (await hasCloud(config, env)) ? undefined : memberText(config.policy_path);
}

export function memberText(policyPath: string): string {
  return (
    'OpenStack is not configured, so the owner of an address is unknown: a member may not publish any, unless ' +
    `${policyPath} allows it mapping:create:any-target`
  );
}
