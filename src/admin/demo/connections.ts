/** The calling half of a peer: TCP connections and UDP sockets that are tried once or held open. */
import { createSocket } from 'node:dgram';
import { connect as connectTcp } from 'node:net';
import { type Answer, failureOf, type Heard, replyOf, type Target } from './dialog.ts';
import { Inbox } from './inbox.ts';
import { eachLine } from './lines.ts';

/** A connection or socket that is open, or trying to be. */
interface Line {
  readonly inbox: Inbox;
  send(text: string): void;
  /** Ends at once; TCP with a reset, so that the same source port can be used again at once. */
  close(): void;
}

export class Connections {
  readonly #held = new Map<number, Line>();
  #last = 0;

  /** Connects, hears one answer and ends it. A datagram is sent to get one over UDP. */
  async connect(target: Target): Promise<Heard> {
    const line = dial(target);
    try {
      if (target.protocol === 'udp') line.send('hello');
      return await line.inbox.next(target.timeoutMs);
    } finally {
      line.close();
    }
  }

  /** As connect, and holds it. Over UDP nothing is sent and nothing heard yet. */
  async open(target: Target): Promise<Answer> {
    const line = dial(target);
    const heard: Answer = target.protocol === 'udp' ? { done: true } : await line.inbox.next(target.timeoutMs);
    if ('error' in heard) {
      line.close();
      return heard;
    }
    this.#held.set(++this.#last, line);
    return { ...heard, connection: this.#last };
  }

  /** Says a line on a held connection and hears the answer to it. */
  async send(connection: number, text: string, timeoutMs: number): Promise<Heard> {
    const line = this.#held.get(connection);
    if (line === undefined) return { error: 'closed' };
    line.inbox.clear();
    line.send(text);
    return line.inbox.next(timeoutMs);
  }

  /** Ends a held connection; one that is not there is no error. */
  close(connection: number): void {
    this.#held.get(connection)?.close();
    this.#held.delete(connection);
  }

  /** Ends everything. */
  closeAll(): void {
    for (const connection of this.#held.keys()) this.close(connection);
  }
}

function dial(target: Target): Line {
  return target.protocol === 'udp' ? dialUdp(target) : dialTcp(target);
}

function dialTcp({ address, port, source_ip, source_port }: Target): Line {
  const inbox = new Inbox();
  const socket = connectTcp({
    host: address,
    port,
    ...(source_ip !== undefined && { localAddress: source_ip }),
    ...(source_port !== undefined && { localPort: source_port }),
  });
  socket.on('error', (error) => inbox.end(failureOf(error)));
  socket.on('close', () => inbox.end({ error: 'closed' }));
  eachLine(socket, (line) => inbox.put(replyOf(line)));
  return {
    inbox,
    send: (text) => void socket.write(`${text}\n`),
    // A reset would wait until it is connected.
    close: () => void (socket.connecting ? socket.destroy() : socket.resetAndDestroy()),
  };
}

function dialUdp({ address, port, source_ip, source_port }: Target): Line {
  const inbox = new Inbox();
  const socket = createSocket('udp4');
  // Only a connected socket is told that nobody listens there. That is not the end: somebody may listen later.
  const fail = (error: unknown): void => inbox.put(failureOf(error));
  socket.on('error', fail);
  socket.on('message', (text) => inbox.put(replyOf(text.toString())));
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port: source_port ?? 0, ...(source_ip !== undefined && { address: source_ip }) }, () =>
      socket.connect(port, address, () => {
        socket.off('error', reject);
        resolve();
      }),
    );
  });
  return {
    inbox,
    send: (text) =>
      void connected.then(
        () => socket.send(text, (error) => error && fail(error)),
        () => undefined,
      ),
    close: () => void connected.catch(() => undefined).then(() => socket.close()),
  };
}
