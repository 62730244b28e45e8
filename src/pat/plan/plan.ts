import { type Forward, forwardKey } from '../mapping/forward.ts';
import type { Changes, ObservedForward } from './changes.ts';

/**
 * Takes what should be and what is. `desired` has one forward per mapping; `observed` may hold several entries of one
 * mapping. Whatever is observed and not exactly as desired is removed; whatever is desired and not observed whole is added.
 */
export function plan(desired: readonly Forward[], observed: readonly ObservedForward[], frame?: unknown): Changes {
  // Nothing to compare with: a namespace made anew takes all of its mappings at once.
  if (observed.length === 0) return { remove: [], add: desired, missingBaseChains: frame };
  const missing = new Map(desired.map((forward) => [forwardKey(forward), forward]));
  const remove = observed.filter(({ forward }) => forward === undefined || !missing.delete(forwardKey(forward)));
  return { remove, add: [...missing.values()], missingBaseChains: frame };
}
