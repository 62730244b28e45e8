/** The log files in log_dir: one JSON line per entry, kept small by rotation. */
import { closeSync, fchmodSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger as WinstonLogger } from 'winston';
import { errnoText } from '../core/errors/errno-text.ts';
import type { Logger } from '../core/logger.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 5;
/** Whatever the umask says: administrators give a group access to the directory. */
const FILE_MODE = 0o640;

/**
 * Writes `<log_dir>/<name>.log`, with rotation. The file is opened at the first line, because most commands log nothing, and again when
 * another process has moved or deleted it. A log that cannot be written is reported through `complain` and never stops the work.
 */
export class FileLog implements Logger {
  readonly #directory: string;
  readonly #name: string;
  readonly #complain: (message: string) => void;
  readonly #echo: ((line: string) => void) | undefined;
  #opened: Promise<WinstonLogger> | undefined;
  /** Of the open file. */
  #inode: number | undefined;
  /** Files that were open before, until their last lines are written. */
  readonly #ending = new Set<Promise<void>>();

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

  /** The next line goes to the file that has the name then; those before it, to the one that was open. */
  reopen(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#inode = undefined;
    if (opened === undefined) return;
    const ending = endOf(opened).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Resolves when all lines are in the file, or when it is known that they cannot be written. */
  async close(): Promise<void> {
    this.reopen();
    await Promise.all(this.#ending);
  }

  #write(level: 'info' | 'warn', message: string, details: Readonly<Record<string, unknown>>): void {
    this.#echo?.(lineOf(level, message, details));
    if (this.#isAway()) this.reopen();
    this.#opened ??= this.#open();
    this.#opened.then(
      (logger) => logger.log({ ...details, level, message }),
      () => undefined,
    );
  }

  get #path(): string {
    return join(this.#directory, `${this.#name}.log`);
  }

  /** Asked for each line, which costs less than writing it: a line in a file that is deleted is lost. */
  #isAway(): boolean {
    return this.#inode !== undefined && inodeOf(this.#path) !== this.#inode;
  }

  async #open(): Promise<WinstonLogger> {
    try {
      const { createLogger, format, transports } = await import('winston');
      mkdirSync(this.#directory, { recursive: true, mode: 0o750 });
      create(this.#path);
      const file = new transports.File({
        filename: this.#path,
        maxsize: MAX_BYTES,
        maxFiles: KEPT_FILES,
        tailable: true,
        options: { flags: 'a', mode: FILE_MODE },
      });
      file.on('error', (error: Error) => this.#fail(error));
      // Also after winston has rotated it.
      file.on('open', () => {
        this.#inode = inodeOf(this.#path);
      });
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

async function endOf(opened: Promise<WinstonLogger>): Promise<void> {
  const logger = await opened.catch(() => undefined);
  if (logger === undefined) return;
  await new Promise<void>((resolve) => {
    logger.transports[0]?.once('finish', () => resolve());
    logger.transports[0]?.once('error', () => resolve());
    logger.end();
  });
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** A file that is there keeps its mode. */
function create(path: string): void {
  if (inodeOf(path) !== undefined) return;
  const descriptor = openSync(path, 'a', FILE_MODE);
  fchmodSync(descriptor, FILE_MODE);
  closeSync(descriptor);
}

/** `warn: reconcile failed id="edge" error="no such file"` */
function lineOf(level: string, message: string, details: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(details).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [level === 'info' ? message : `${level}: ${message}`, ...pairs].join(' ');
}
