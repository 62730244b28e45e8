/** The difference between the rules that mappings need and those that the kernel has. Pure. */
import { type Forward, forwardKey } from '../mapping/forward.ts';
import type { Changes, ObservedForward } from './changes.ts';

/**
 * Compares the desired forwards with the observed ones. `desired` has one forward per mapping; `observed` may have several
 * entries of one mapping. What is observed and not exactly as desired is removed; what is desired and not observed is added.
 */
export function plan(
  desired: readonly Forward[],
  observed: readonly ObservedForward[],
  missingBaseChains?: unknown,
): Changes {
  // A namespace that was just created has nothing to compare with; all of its mappings are added at once.
  if (observed.length === 0) return { remove: [], add: desired, missingBaseChains };
  const missing = new Map(desired.map((forward) => [forwardKey(forward), forward]));
  const remove = observed.filter(({ forward }) => forward === undefined || !missing.delete(forwardKey(forward)));
  return { remove, add: [...missing.values()], missingBaseChains };
}
