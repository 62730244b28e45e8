/** Which request is being worked for, wherever the work goes: what is logged and recorded meanwhile says so. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '../core/logger.ts';

export class RequestContext {
  readonly #storage = new AsyncLocalStorage<string>();

  /** Runs `work` for the request with that id. */
  run<T>(requestId: string, work: () => T): T {
    return this.#storage.run(requestId, work);
  }

  /** Runs `work` for no request: what it sets going outlives the request. */
  outside<T>(work: () => T): T {
    return this.#storage.exit(work);
  }

  /** The id of the request being worked for; empty when there is none. */
  get requestId(): string {
    return this.#storage.getStore() ?? '';
  }

  /** The same logger, with the request's id in each line. */
  logger(log: Logger): Logger {
    const mark = (details?: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
      this.requestId === '' ? { ...details } : { ...details, request_id: this.requestId };
    return {
      info: (message, details) => log.info(message, mark(details)),
      warn: (message, details) => log.warn(message, mark(details)),
    };
  }
}
