/**
 * A peer: one process in one namespace that serves and calls as it is told. Runs inside the executable (`praas demo peer`)
 * and under the tests' node, so it imports nothing but Node. It ends when its controller goes, however that ended.
 */
import type { Readable, Writable } from 'node:stream';
import { Connections } from './connections.ts';
import { type Answer, failureOf, type Request } from './dialog.ts';
import { eachLine } from './lines.ts';
import { Listeners } from './listeners.ts';

const DONE = { done: true } as const;

/** Does what comes in on `input` and answers on `output` (dialog.ts). Resolves when input ends and all is closed. */
export async function runPeer(name: string, input: Readable, output: Writable): Promise<void> {
  const listeners = new Listeners(name);
  const connections = new Connections();
  const say = (message: object): void => void output.write(`${JSON.stringify(message)}\n`);
  const gone = new Promise<void>((resolve) => {
    // The controller may be gone before it has heard everything.
    output.on('error', () => resolve());
    for (const end of ['end', 'close', 'error']) input.on(end, () => resolve());
    eachLine(input, (line) => {
      const { id, ...request }: Request & { id: number } = JSON.parse(line);
      obey(request, listeners, connections)
        .catch(failureOf)
        .then((answer) => say({ id, ...answer }), resolve);
    });
  });
  say({ name });
  await gone;
  connections.closeAll();
  await listeners.close();
}

async function obey(request: Request, listeners: Listeners, connections: Connections): Promise<Answer> {
  if ('listen' in request) return listeners.listen(request.listen).then(() => DONE);
  if ('unlisten' in request) return listeners.unlisten(request.unlisten).then(() => DONE);
  if ('connect' in request) return connections.connect(request.connect);
  if ('open' in request) return connections.open(request.open);
  if ('send' in request) return connections.send(request.send.connection, request.send.text, request.send.timeoutMs);
  connections.close(request.close.connection);
  return DONE;
}
