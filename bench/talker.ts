/** Processes in namespaces that make connections or take them, and are spoken to line by line (connector.py). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Options } from './row.ts';

const CONNECTOR = new URL('./connector.py', import.meta.url).pathname;

/** Serves on that port until the end. */
export async function serve(options: Options, namespace: string, port: number): Promise<void> {
  await talk(options, namespace, ['serve', String(port)])();
}

/** Serves there, too, and says to each caller which address was called. */
export async function greet(options: Options, namespace: string, port: number): Promise<void> {
  await talk(options, namespace, ['greet', String(port)])();
}

/** Gives what opens so many connections and says how long the middle one took. */
export function caller(
  options: Options,
  namespace: string,
  address: string,
  port: number,
): (count: number) => Promise<number> {
  const ask = talk(options, namespace, ['connect', address, String(port)]);
  return async (count) => Number(await ask(count));
}

/** Gives what resolves when a connection to that port of the address is there, however long that takes. */
export function opener(options: Options, namespace: string, address: string): (port: number) => Promise<void> {
  const ask = talk(options, namespace, ['open', address]);
  return async (port) => void (await ask(port));
}

/** Gives a promise that resolves when a connection there is answered by that address, or when it is `refused`, however long that takes. */
export function reacher(
  options: Options,
  namespace: string,
  address: string,
  port: number,
): (answer: string) => Promise<void> {
  const ask = talk(options, namespace, ['reach', address, String(port)]);
  return async (answer) => void (await ask(answer));
}

/** Gives what says a line, if any, and gives the next line heard. Throws when the process has ended, or the bench is to. */
function talk(
  { later, ending }: Options,
  namespace: string,
  args: readonly string[],
): (line?: number | string) => Promise<string> {
  const child = spawn('ip', ['netns', 'exec', namespace, 'python3', CONNECTOR, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Out of reach of Ctrl-C: cleaning up ends it.
    detached: true,
  });
  const ended = once(child, 'close');
  later(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  // That a talker is dead shows in the missing answer.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (line) => {
    ending.throwIfAborted();
    if (line !== undefined) child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`connector.py ${args.join(' ')} in ${namespace} ended`);
    return value;
  };
}
