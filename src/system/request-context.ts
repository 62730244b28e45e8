/** Which request is being worked for and whose it is, wherever the work goes: what is logged and noted meanwhile says so. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '../core/logger.ts';
import { type Actor, ROOT_ACTOR } from '../pat/mapping/event.ts';

interface Request {
  readonly id: string;
  actor: Actor;
}

export class RequestContext {
  readonly #storage = new AsyncLocalStorage<Request>();

  /** Runs `work` for the request with that id. */
  run<T>(request_id: string, work: () => T): T {
    return this.#storage.run({ id: request_id, actor: ROOT_ACTOR }, work);
  }

  /** Runs `work` for nobody: what it sets going outlives the request. */
  outside<T>(work: () => T): T {
    return this.#storage.exit(work);
  }

  /** The id of the request being worked for; empty when it is nobody's. */
  get request_id(): string {
    return this.#storage.getStore()?.id ?? '';
  }

  /** Who asks; root when it is nobody's. */
  get actor(): Actor {
    return this.#storage.getStore()?.actor ?? ROOT_ACTOR;
  }

  /** Says whose request it is, once that is known. */
  isOf(actor: Actor): void {
    const request = this.#storage.getStore();
    if (request) request.actor = actor;
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
