/** The policy file of the operator, in YAML. Without the file the default policy applies. */
import { loadAll, YAMLException } from 'js-yaml';
import { errnoText } from '../../core/errors/errno-text.ts';
import { praasError } from '../../core/errors/errors.ts';
import type { LivePolicy } from '../../core/identity/live-policy.ts';
import { type AccessPolicy, type Actions, defaultPolicy, parsePolicy } from '../../core/identity/policy.ts';
import { readRegularFile } from '../../system/regular-file.ts';

/** Gives a function that reads the policy file of a configuration, and gives a function that applies it to `live`. */
export function policyReader(
  live: LivePolicy,
  actions: Actions,
): (config: { readonly policy_path: string }) => Promise<() => void> {
  return async ({ policy_path }) => {
    const next = await readPolicy(policy_path, actions);
    return () => live.replace(next);
  };
}

/** Throws POLICY_INVALID, also for a file that exists and cannot be read. */
export async function readPolicy(path: string, actions: Actions): Promise<AccessPolicy> {
  const text = await readText(path);
  return text === undefined ? defaultPolicy(actions) : parsePolicy(parse(text, path), path, actions);
}

/** Gives undefined for a file that does not exist. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await readRegularFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw praasError('POLICY_INVALID', { path, reason: errnoText(error) }, error);
  }
}

/** Gives undefined for a file of comments, which has no document. */
function parse(text: string, path: string): unknown {
  try {
    const [policy, another] = loadAll(text);
    if (another === undefined) return policy;
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? '' : `line ${error.mark.line + 1}: `;
    throw praasError('POLICY_INVALID', { path, reason: `${line}${error.reason}` }, error);
  }
  throw praasError('POLICY_INVALID', { path, reason: 'found more than one YAML document' });
}
