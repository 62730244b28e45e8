/** The other end of a peer: asks it by JSON lines (dialog.ts) over any pair of streams. Starts and ends no process. */
import type { Readable, Writable } from 'node:stream';
import { praasError } from '../errors.ts';
import type { Answer, Failure, Heard, Reply, Request, Said, Service, Target } from './dialog.ts';
import { eachLine } from './lines.ts';

/** Long enough for a busy machine: it is waited for only when something is wrong. */
const PATIENCE_MS = 3000;

/** A target; how long to wait may be left out. */
export type Goal = Omit<Target, 'timeoutMs'> & { readonly timeoutMs?: number };

/** A TCP connection or UDP socket that a peer holds. */
export interface HeldConnection {
  /** What the other side said at once; undefined over UDP. */
  readonly greeting: Reply | undefined;
  /** Says a line and gives the answer to it, or why there is none. */
  send(text: string, timeoutMs?: number): Promise<Heard>;
  close(): Promise<void>;
}

export class PeerController {
  readonly #output: Writable;
  readonly #waiting = new Map<number, (answer: Answer | Error) => void>();
  #last = 0;
  #gone: Error | undefined;
  /** Who is at the other end; resolves when it is ready. Rejects with TOOL_FAILED when it goes before it has said so. */
  readonly name: Promise<string>;

  /** `input` is what the peer says, `output` what it hears. */
  constructor(input: Readable, output: Writable) {
    this.#output = output;
    const ready = Promise.withResolvers<string>();
    this.name = ready.promise;
    const leave = (): void => ready.reject(this.#leave());
    output.on('error', leave);
    for (const end of ['end', 'close', 'error']) input.on(end, leave);
    eachLine(input, (line) => {
      const said: Said = JSON.parse(line);
      if ('name' in said) ready.resolve(said.name);
      else this.#hear(said);
    });
  }

  /** Throws TOOL_FAILED when the port is taken. */
  async listen(service: Service): Promise<void> {
    const answer = await this.#ask({ listen: service });
    if (isFailure(answer)) throw failed(`listen on ${service.protocol} port ${service.port}`, answer.error);
  }

  /** Stops serving and cuts what was connected. */
  async unlisten(service: Pick<Service, 'protocol' | 'port'>): Promise<void> {
    await this.#ask({ unlisten: service });
  }

  /** One try: what the other side said, or why it said nothing. */
  async connect(goal: Goal): Promise<Heard> {
    return heardIn(await this.#ask({ connect: { timeoutMs: PATIENCE_MS, ...goal } }));
  }

  /** Opens a connection and holds it. Throws TOOL_FAILED when that does not work. */
  async open(goal: Goal): Promise<HeldConnection> {
    const answer = await this.#ask({ open: { timeoutMs: PATIENCE_MS, ...goal } });
    const { connection } = answer;
    if (isFailure(answer) || connection === undefined) {
      throw failed(
        `open ${goal.protocol} ${goal.address}:${goal.port}`,
        isFailure(answer) ? answer.error : 'no answer',
      );
    }
    return {
      greeting: 'reply' in answer ? greetingOf(answer) : undefined,
      send: async (text, timeoutMs = PATIENCE_MS) =>
        heardIn(await this.#ask({ send: { connection, text, timeoutMs } })),
      close: async () => void (await this.#ask({ close: { connection } })),
    };
  }

  async #ask(request: Request): Promise<Answer> {
    if (this.#gone !== undefined) throw this.#gone;
    const id = ++this.#last;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, (said) => (said instanceof Error ? reject(said) : resolve(said)));
    });
    this.#output.write(`${JSON.stringify({ id, ...request })}\n`);
    return answer;
  }

  #hear({ id, ...answer }: { id: number } & Answer): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }

  #leave(): Error {
    this.#gone ??= failed('talk to a peer', 'it has gone');
    for (const answer of this.#waiting.values()) answer(this.#gone);
    this.#waiting.clear();
    return this.#gone;
  }
}

function isFailure(answer: Answer): answer is Failure {
  return 'error' in answer;
}

function heardIn(answer: Answer): Heard {
  if ('done' in answer) throw failed('hear an answer', 'there is none');
  return answer;
}

function greetingOf({ reply, seenPort }: Reply): Reply {
  return seenPort === undefined ? { reply } : { reply, seenPort };
}

function failed(command: string, output: string): Error {
  return praasError('TOOL_FAILED', { command, exit_code: 1, output });
}
