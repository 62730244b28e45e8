/** What praas did, for whoever asks later: one JSON line per change in log_dir, kept small by rotation. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger as WinstonLogger } from 'winston';
import { messageOf } from '../core/errors/message-of.ts';
import type { Logger } from '../core/logger.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 5;

/**
 * Gives a logger that writes `<log_dir>/<name>.log`, with rotation. The file is opened at the first line, because most
 * commands have nothing to log. A log that cannot be written is said once through `complain` and never stops the work.
 */
export class FileLog implements Logger {
  readonly #directory: string;
  readonly #name: string;
  readonly #complain: (message: string) => void;
  readonly #echo: ((line: string) => void) | undefined;
  #opened: Promise<WinstonLogger> | undefined;

  /** `echo` takes every line as text too, for whoever watches. */
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

  /** Resolves when every line is in the file (or is known not to get there). */
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
    this.#echo?.(asText(level, message, details));
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
    this.#complain(`the log in ${this.#directory} cannot be written: ${messageOf(error)}`);
  }
}

/** `warn: router cannot be looked after router_id=edge reason="no such file"` */
function asText(level: string, message: string, details: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(details).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [level === 'info' ? message : `${level}: ${message}`, ...pairs].join(' ');
}
