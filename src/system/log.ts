/** The log files in log_dir: one JSON line per entry, kept small by rotation. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger as WinstonLogger } from 'winston';
import { errnoText } from '../core/errors/errno-text.ts';
import type { Logger } from '../core/logger.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 5;

/**
 * Writes `<log_dir>/<name>.log`, with rotation. The file is opened at the first line, because most commands log nothing. A log that
 * cannot be written is reported through `complain` and never stops the work.
 */
export class FileLog implements Logger {
  readonly #directory: string;
  readonly #name: string;
  readonly #complain: (message: string) => void;
  readonly #echo: ((line: string) => void) | undefined;
  #opened: Promise<WinstonLogger> | undefined;

  /** `echo` also receives each line, as text for the terminal or the journal. */
  constructor(directory: string, name: string, complain: (message: string) => void, echo?: (line: string) => void) {
    this.#directory = directory;
    this.#name = name;
    this.#complain = complain;
    this.#echo = echo;
  }

  info(message: string, details: Readonly<Record<string, unknown>> = {}): void {
    this.#write('info', message, details);
  }

  warn(message: string, details: Readonly<Record<string, unknown>> = {}): void {
    this.#write('warn', message, details);
  }

  /** Resolves when all lines are in the file, or when it is known that they cannot be written. */
  async close(): Promise<void> {
    const logger = await this.#opened?.catch(() => undefined);
    if (logger === undefined) return;
    await new Promise<void>((resolve) => {
      logger.transports[0]?.once('finish', () => resolve());
      logger.transports[0]?.once('error', () => resolve());
      logger.end();
    });
  }

  #write(level: 'info' | 'warn', message: string, details: Readonly<Record<string, unknown>>): void {
    this.#echo?.(lineOf(level, message, details));
    this.#opened ??= this.#open();
    this.#opened.then(
      (logger) => logger.log({ ...details, level, message }),
      () => undefined,
    );
  }

  async #open(): Promise<WinstonLogger> {
    try {
      const { createLogger, format, transports } = await import('winston');
      mkdirSync(this.#directory, { recursive: true, mode: 0o750 });
      const file = new transports.File({
        filename: join(this.#directory, `${this.#name}.log`),
        maxsize: MAX_BYTES,
        maxFiles: KEPT_FILES,
        tailable: true,
        options: { flags: 'a', mode: 0o640 },
      });
      file.on('error', (error: Error) => this.#fail(error));
      return createLogger({ format: format.combine(format.timestamp(), format.json()), transports: [file] });
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #fail(error: unknown): void {
    this.#complain(`cannot write the log in ${this.#directory}: ${errnoText(error)}`);
  }
}

/** `warn: reconcile failed id="edge" error="no such file"` */
function lineOf(level: string, message: string, details: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(details).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [level === 'info' ? message : `${level}: ${message}`, ...pairs].join(' ');
}
