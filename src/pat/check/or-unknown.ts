/** What cannot be read makes hops unknown, and never fails a check. */
import { STRANGER } from '../../core/errors/entry.ts';
import { isPraasError, type PraasError } from '../errors.ts';
import { type Hop, type HopName, unknown } from './report.ts';

/** Errors of the node may name what only an operator may see. */
export function messageFor(error: PraasError, showsHosts: boolean): string {
  return (showsHosts ? error : error.redacted(STRANGER)).message;
}

/** Gives these hops as unknown where the work throws an error of the catalogue. */
export async function orUnknown(
  hops: readonly HopName[],
  showsHosts: boolean,
  work: () => Promise<Hop | readonly Hop[]>,
): Promise<readonly Hop[]> {
  try {
    return [await work()].flat();
  } catch (error) {
    if (!isPraasError(error)) throw error;
    return hops.map((hop) => unknown(hop, messageFor(error, showsHosts)));
  }
}
