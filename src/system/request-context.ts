/** Which request is being worked for, wherever the work goes: every line that is logged meanwhile says so. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '../pat/ports.ts';

export class RequestContext {
  readonly #storage = new AsyncLocalStorage<string>();

  /** Runs `work` for the request with that id. */
  run<T>(request_id: string, work: () => T): T {
    return this.#storage.run(request_id, work);
  }

  /** The id of the request being worked for; empty when it is nobody's. */
  get request_id(): string {
    return this.#storage.getStore() ?? '';
  }

  /** The same logger, with the request's id in each line. */
  logger(log: Logger): Logger {
    const mark = (details?: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
      this.request_id === '' ? { ...details } : { ...details, request_id: this.request_id };
    return {
      info: (message, details) => log.info(message, mark(details)),
      warn: (message, details) => log.warn(message, mark(details)),
    };
  }
}
