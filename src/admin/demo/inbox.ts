/** What a connection has received and was not read yet. Once the connection has ended, each read gives the reason. */
import type { ConnectionError, ConnectionResult } from './peer-protocol.ts';

export class Inbox {
  readonly #received: ConnectionResult[] = [];
  #end: ConnectionError | undefined;
  #deliver: ((result: ConnectionResult) => void) | undefined;

  /** Adds what was received. */
  add(result: ConnectionResult): void {
    if (this.#deliver === undefined) this.#received.push(result);
    else this.#deliver(result);
  }

  /** The connection has ended: each later read gives this. Only the first end counts. */
  end(reason: ConnectionError): void {
    this.#end ??= reason;
    this.#deliver?.(this.#end);
  }

  /** Drops what arrived late, so that it is not taken for the reply to the next line. */
  clear(): void {
    this.#received.length = 0;
  }

  /** What is received next, or `timeout`. Only one read at a time. */
  async next(timeoutMs: number): Promise<ConnectionResult> {
    const available = this.#received.shift() ?? this.#end;
    if (available !== undefined) return available;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#deliver?.({ error: 'timeout' }), timeoutMs);
      this.#deliver = (result) => {
        clearTimeout(timer);
        this.#deliver = undefined;
        resolve(result);
      };
    });
  }
}
