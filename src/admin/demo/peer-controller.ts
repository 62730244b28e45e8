/** The other end of a peer: sends it requests (peer-protocol.ts) over a pair of streams. Starts and ends no process. */
import type { Readable, Writable } from 'node:stream';
import { praasError } from '../errors.ts';
import { eachLine } from './lines.ts';
import type {
  ConnectionError,
  ConnectionResult,
  Destination,
  PeerMessage,
  PeerRequest,
  PeerResponse,
  PeerService,
  ServerReply,
} from './peer-protocol.ts';

/** Long enough for a busy machine: it passes only when something has failed. */
const TIMEOUT_MS = 3000;

/** A destination; the time limit may be left out. */
export type ConnectOptions = Omit<Destination, 'timeoutMs'> & { readonly timeoutMs?: number };

/** A TCP connection or UDP socket that a peer holds. */
export interface HeldConnection {
  /** What the server has sent first; undefined over UDP. */
  readonly greeting: ServerReply | undefined;
  /** Sends a line and gives the reply to it, or why there is none. */
  send(text: string, timeoutMs?: number): Promise<ConnectionResult>;
  close(): Promise<void>;
}

export class PeerController {
  readonly #output: Writable;
  readonly #pending = new Map<number, (response: PeerResponse | Error) => void>();
  #lastId = 0;
  #disconnected: Error | undefined;
  /** The name of the peer; resolves when it is ready. Rejects with TOOL_FAILED when it ends before. */
  readonly name: Promise<string>;

  /** `input` carries the messages of the peer, `output` the requests to it. */
  constructor(input: Readable, output: Writable) {
    this.#output = output;
    const ready = Promise.withResolvers<string>();
    this.name = ready.promise;
    const disconnect = (): void => ready.reject(this.#disconnect());
    output.on('error', disconnect);
    for (const end of ['end', 'close', 'error']) input.on(end, disconnect);
    eachLine(input, (line) => {
      const message: PeerMessage = JSON.parse(line);
      if ('name' in message) ready.resolve(message.name);
      else this.#receive(message);
    });
  }

  /** Throws TOOL_FAILED when the port is in use. */
  async listen(service: PeerService): Promise<void> {
    const response = await this.#request({ listen: service });
    if (isError(response)) throw failed(`listen on ${service.protocol} port ${service.port}`, response.error);
  }

  /** Stops serving and ends the connections of the service. */
  async unlisten(service: Pick<PeerService, 'protocol' | 'port'>): Promise<void> {
    await this.#request({ unlisten: service });
  }

  /** One attempt: what the server has sent, or why it has sent nothing. */
  async connect(options: ConnectOptions): Promise<ConnectionResult> {
    return resultOf(await this.#request({ connect: { timeoutMs: TIMEOUT_MS, ...options } }));
  }

  /** Opens a connection and holds it. Throws TOOL_FAILED when that fails. */
  async open(options: ConnectOptions): Promise<HeldConnection> {
    const response = await this.#request({ open: { timeoutMs: TIMEOUT_MS, ...options } });
    const { connection } = response;
    if (isError(response) || connection === undefined) {
      const { protocol, address, port } = options;
      throw failed(`open ${protocol} ${address}:${port}`, isError(response) ? response.error : 'no response');
    }
    return {
      greeting: 'reply' in response ? greetingOf(response) : undefined,
      send: async (text, timeoutMs = TIMEOUT_MS) =>
        resultOf(await this.#request({ send: { connection, text, timeoutMs } })),
      close: async () => void (await this.#request({ close: { connection } })),
    };
  }

  async #request(request: PeerRequest): Promise<PeerResponse> {
    if (this.#disconnected !== undefined) throw this.#disconnected;
    const id = ++this.#lastId;
    const response = new Promise<PeerResponse>((resolve, reject) => {
      this.#pending.set(id, (result) => (result instanceof Error ? reject(result) : resolve(result)));
    });
    this.#output.write(`${JSON.stringify({ id, ...request })}\n`);
    return response;
  }

  #receive({ id, ...response }: { id: number } & PeerResponse): void {
    this.#pending.get(id)?.(response);
    this.#pending.delete(id);
  }

  #disconnect(): Error {
    this.#disconnected ??= failed('talk to a peer', 'the peer has ended');
    for (const settle of this.#pending.values()) settle(this.#disconnected);
    this.#pending.clear();
    return this.#disconnected;
  }
}

function isError(response: PeerResponse): response is ConnectionError {
  return 'error' in response;
}

function resultOf(response: PeerResponse): ConnectionResult {
  if ('done' in response) throw failed('read a reply', 'the peer sent none');
  return response;
}

function greetingOf({ reply, seenPort }: ServerReply): ServerReply {
  return seenPort === undefined ? { reply } : { reply, seenPort };
}

function failed(command: string, output: string): Error {
  return praasError('TOOL_FAILED', { command, exit_code: 1, output });
}
