/**
 * The peers of the demonstration: starts one in each namespace that needs one and talks to it over a Unix socket, which works
 * across network namespaces. The kernel closes it when this process ends, for whatever reason: then the peers end too.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Exec } from '../../system/exec.ts';
import { toolFailed } from '../../system/tool-errors.ts';
import { PeerController } from './peer-controller.ts';

/** A last resort: peers end with their hub. */
const MAX_LIFETIME_MS = 10 * 60 * 1000;

export class PeerHub {
  readonly #exec: Exec;
  readonly #server: Server;
  readonly #path: string;
  readonly #praasCommand: readonly string[];
  readonly #sockets: Socket[] = [];
  readonly #ends: Promise<unknown>[] = [];

  private constructor(exec: Exec, server: Server, path: string, praasCommand: readonly string[]) {
    this.#exec = exec;
    this.#server = server;
    this.#path = path;
    this.#praasCommand = praasCommand;
  }

  /** Listens on the socket `path`; `praasCommand` is the command line that runs praas. Throws the error of the system. */
  static async open(exec: Exec, path: string, praasCommand: readonly string[]): Promise<PeerHub> {
    const server = createServer();
    server.listen(path);
    await once(server, 'listening');
    return new PeerHub(exec, server, path, praasCommand);
  }

  /** Starts a peer in the namespace and gives it when it is ready. One at a time. Throws TOOL_FAILED when it ends before. */
  async start(name: string, namespace: string): Promise<PeerController> {
    const peer = [...this.#praasCommand, 'demo', 'peer', '--name', name, '--socket', this.#path];
    const command = { file: 'ip', args: ['netns', 'exec', namespace, ...peer] };
    const end = this.#exec({ ...command, timeoutMs: MAX_LIFETIME_MS });
    this.#ends.push(end.catch(() => undefined));
    const failed = end.then((result) => {
      throw toolFailed(command, result);
    });
    const connected = new Promise<Socket>((resolve) => void this.#server.once('connection', resolve));
    const socket = await Promise.race([connected, failed]);
    this.#sockets.push(socket);
    const controller = new PeerController(socket, socket);
    await controller.name;
    return controller;
  }

  /** Ends all peers; returns when their processes have ended. */
  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#ends);
  }
}
