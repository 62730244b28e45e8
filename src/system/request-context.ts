/** The request on whose behalf the current work runs, so that log lines and events name it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '../core/logger.ts';

export class RequestContext {
  readonly #storage = new AsyncLocalStorage<string>();

  /** Runs `work` on behalf of the request with that ID. */
  run<T>(requestId: string, work: () => T): T {
    return this.#storage.run(requestId, work);
  }

  /** Runs `work` on behalf of no request, because it outlives the current one. */
  outside<T>(work: () => T): T {
    return this.#storage.exit(work);
  }

  /** The ID of the current request; empty when there is none. */
  get requestId(): string {
    return this.#storage.getStore() ?? '';
  }

  /** Gives a logger that adds the ID of the current request to each line. */
  logger(log: Logger): Logger {
    const withId = (details?: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
      this.requestId === '' ? { ...details } : { ...details, request_id: this.requestId };
    return {
      info: (message, details) => log.info(message, withId(details)),
      warn: (message, details) => log.warn(message, withId(details)),
    };
  }
}
