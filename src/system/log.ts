/** The log files in log_dir: one JSON line per entry. */
import { once } from 'node:events';
import type { Logger as WinstonLogger } from 'winston';
import { errnoText } from '../core/errors/errno-text.ts';
import type { Logger } from '../core/logger.ts';
import { diskReason, isDiskError } from './disk.ts';
import { cutDetails } from './log-details.ts';
import { LogFile } from './log-file.ts';

/**
 * Writes `<log_dir>/<name>.log`, with rotation. The file is opened at the first line, because most commands log nothing. A log that
 * cannot be written is reported through `complain` and never stops the work.
 */
export class FileLog implements Logger {
  readonly #file: LogFile;
  readonly #echo: ((line: string) => void) | undefined;
  #logger: Promise<WinstonLogger> | undefined;
  #closed: Promise<void> | undefined;

  /** `echo` also receives each line, as text for the terminal or the journal. */
  constructor(directory: string, name: string, complain: (message: string) => void, echo?: (line: string) => void) {
    const onFailure = (error: unknown): void =>
      complain(`cannot write the log in ${directory}: ${isDiskError(error) ? diskReason(error) : errnoText(error)}`);
    this.#file = new LogFile(directory, name, onFailure);
    this.#echo = echo;
  }

  info(message: string, details: Readonly<Record<string, unknown>> = {}): void {
    this.#write('info', message, details);
  }

  warn(message: string, details: Readonly<Record<string, unknown>> = {}): void {
    this.#write('warn', message, details);
  }

  /** Another process may have moved the file: the next line opens the one that has its name then. */
  reopen(): void {
    this.#file.reopen();
  }

  /** Resolves when all lines are in the file, or when it is known that they cannot be written. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const logger = await this.#logger;
    const [transport] = logger?.transports ?? [];
    if (logger !== undefined && transport !== undefined) {
      const passedOn = once(transport, 'finish');
      logger.end();
      await passedOn;
    }
    this.#file.end();
    if (!this.#file.writableFinished) await once(this.#file, 'finish');
  }

  #write(level: 'info' | 'warn', message: string, given: Readonly<Record<string, unknown>>): void {
    const details = cutDetails(given);
    this.#echo?.(lineOf(level, message, details));
    this.#logger ??= this.#open();
    void this.#logger.then((logger) => logger.log({ ...details, level, message }));
  }

  async #open(): Promise<WinstonLogger> {
    const { createLogger, format, transports } = await import('winston');
    const stream = new transports.Stream({ stream: this.#file });
    return createLogger({ format: format.combine(format.timestamp(), format.json()), transports: [stream] });
  }
}

/** `warn: reconcile failed id="edge" error="no such file"` */
function lineOf(level: string, message: string, details: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(details).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [level === 'info' ? message : `${level}: ${message}`, ...pairs].join(' ');
}
