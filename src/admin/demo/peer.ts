/**
 * A peer: one process in one namespace that serves and connects as its controller requests. It runs in the executable
 * (`praas demo peer`) and in the Node of the tests, so it imports nothing but Node. It ends when its controller ends, for
 * whatever reason.
 */
import type { Readable, Writable } from 'node:stream';
import { Connections } from './connections.ts';
import { eachLine } from './lines.ts';
import { Listeners } from './listeners.ts';
import { connectionErrorOf, type PeerRequest, type PeerResponse } from './peer-protocol.ts';

const DONE = { done: true } as const;

/** Handles the requests on `input` and responds on `output`. Resolves when the input has ended and everything is closed. */
export async function runPeer(name: string, input: Readable, output: Writable): Promise<void> {
  const listeners = new Listeners(name);
  const connections = new Connections();
  const send = (message: object): void => void output.write(`${JSON.stringify(message)}\n`);
  const ended = new Promise<void>((resolve) => {
    // The controller may end before it has received everything.
    output.on('error', () => resolve());
    for (const end of ['end', 'close', 'error']) input.on(end, () => resolve());
    eachLine(input, (line) => {
      const { id, ...request }: PeerRequest & { id: number } = JSON.parse(line);
      handle(request, listeners, connections)
        .catch(connectionErrorOf)
        .then((response) => send({ id, ...response }), resolve);
    });
  });
  send({ name });
  await ended;
  connections.closeAll();
  await listeners.close();
}

async function handle(request: PeerRequest, listeners: Listeners, connections: Connections): Promise<PeerResponse> {
  if ('listen' in request) return listeners.listen(request.listen).then(() => DONE);
  if ('unlisten' in request) return listeners.unlisten(request.unlisten).then(() => DONE);
  if ('connect' in request) return connections.connect(request.connect);
  if ('open' in request) return connections.open(request.open);
  if ('send' in request) return connections.send(request.send.connection, request.send.text, request.send.timeoutMs);
  connections.close(request.close.connection);
  return DONE;
}
