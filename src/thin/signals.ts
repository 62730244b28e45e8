/** Signals that arrive while the thin client waits: oclif's command answers them, as it would have from the start. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work`, which says how it is stopped. A signal stops it, and is delivered to the first that listens to it afterwards;
 * gives undefined then.
 */
export async function holdSignals<T>(work: (onStop: (stop: () => void) => void) => Promise<T>): Promise<T | undefined> {
  const held = new Set<NodeJS.Signals>();
  let stopWork = (): void => undefined;
  const hold = (signal: NodeJS.Signals): void => {
    if (held.has(signal)) return;
    held.add(signal);
    deliverLater(signal, hold);
    stopWork();
  };
  for (const signal of SIGNALS) process.on(signal, hold);
  const result = await work((stop) => {
    stopWork = stop;
  });
  if (held.size > 0) return undefined;
  for (const signal of SIGNALS) process.off(signal, hold);
  return result;
}

function deliverLater(signal: NodeJS.Signals, hold: (signal: NodeJS.Signals) => void): void {
  const deliver = (event: string | symbol): void => {
    if (event !== signal) return;
    process.off('newListener', deliver);
    setImmediate(() => {
      // Not before the other listens: Node lets go of a signal that nobody listens to.
      process.off(signal, hold);
      process.kill(process.pid, signal);
    });
  };
  process.on('newListener', deliver);
}
