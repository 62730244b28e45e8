/** What all commands share: the configuration, and how they say things. */
import { Command, Flags } from '@oclif/core';
import { praasError } from '../core/errors/errors.ts';
import { type LoadedConfig, loadConfig } from '../system/config/config.ts';
import { exitCodeOfSignal, UsageError } from './failure.ts';
import { colour } from './output/colour.ts';
import { type Column, chooseColumns } from './output/rows.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is told of signals. */
interface Endable {
  interrupt(signal_number: number): void;
  readonly signalNumber: number | undefined;
}

export abstract class PraasCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    config: Flags.string({
      description: 'read this configuration file (default: /usr/local/etc/praas/praas.conf)',
      env: 'PRAAS_CONFIG',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    json: Flags.boolean({
      description: 'print the whole result as JSON, an error too; -f and -c do not count then',
      helpGroup: 'GLOBAL',
    }),
  };

  /** What was typed to get here. */
  protected get title(): string {
    return `${this.config.bin} ${this.id?.replaceAll(':', ' ')}`;
  }

  /** Reads the configuration. Throws CONFIG_INVALID, CONFIG_SYNTAX, CONFIG_UNREADABLE. */
  protected loadConfig(path: string | undefined): Promise<LoadedConfig> {
    return loadConfig({ env: process.env, ...(path !== undefined && { path }) });
  }

  /** Runs `work`; Ctrl-C and other signals interrupt `endable` meanwhile. The exit code names the signal. */
  protected async interruptible<T>(endable: Endable, work: () => Promise<T>): Promise<T> {
    const interrupt = (_: NodeJS.Signals, number: number): void => endable.interrupt(number);
    for (const signal of SIGNALS) process.on(signal, interrupt);
    try {
      return await work();
    } finally {
      for (const signal of SIGNALS) process.off(signal, interrupt);
      // Maybe too late to stop it: what was asked for is done and said, and the caller learns of the signal all the same.
      if (endable.signalNumber !== undefined) process.exitCode = exitCodeOfSignal(endable.signalNumber);
    }
  }

  /** Throws NOT_PERMITTED for everybody but root: rules and state are root's. */
  protected requireRoot(): void {
    if (process.getuid?.() !== 0) throw praasError('NOT_PERMITTED', { what: this.title });
  }

  /** The columns asked for, in that order; `defaults` (or else all) when none are. A column that there is not is wrong usage. */
  protected choose<T>(
    columns: readonly Column<T>[],
    asked: readonly string[] | undefined,
    defaults?: readonly string[],
  ): readonly Column<T>[] {
    const titles = columns.map(({ title }) => title);
    const chosen = chooseColumns(columns, asked ?? [], defaults ?? titles);
    if ('unknown' in chosen) this.misuse(`There is no column ${chosen.unknown}; there are: ${titles.join(', ')}.`);
    return chosen;
  }

  /** Prints a result for people; nothing when it is empty, and nothing beside JSON. */
  protected print(text: string): void {
    if (text !== '' && !this.jsonEnabled()) process.stdout.write(`${text}\n`);
  }

  /** Says something beside the result, on stderr, also when the result is JSON. */
  protected complain(sentence: string): void {
    process.stderr.write(`${colour('yellow', 'Warning:')} ${sentence}\n`);
  }

  /** Ends the command as wrongly used. */
  protected misuse(sentence: string): never {
    throw new UsageError(sentence);
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  }

  /** How errors are shown is run.ts's. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }
}
