/** The base of all commands: configuration, signals, output. */
import { Command, Flags, type Interfaces } from '@oclif/core';
import { type LoadedConfig, loadConfig } from '../compose/config.ts';
import { isPraasError, praasError } from '../core/errors/errors.ts';
import { cleanedLines } from '../core/values/printable.ts';
import { exitCodeOfSignal, failureJson, UsageError } from './failure.ts';
import { colour } from './output/colour.ts';
import { type Column, chooseColumns } from './output/rows.ts';

type FlagOutput = Interfaces.OutputFlags<Interfaces.FlagInput>;
type ArgOutput = Interfaces.OutputArgs<Interfaces.ArgInput>;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What ends its work when a signal arrives. */
interface Interruptible {
  interrupt(signalNumber: number): void;
  readonly signalNumber: number | undefined;
}

export abstract class PraasCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    config: Flags.string({
      description: 'configuration file (default: /usr/local/etc/praas/praas.conf)',
      env: 'PRAAS_CONFIG',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    json: Flags.boolean({
      description: 'print the result or the error as JSON, ignoring -f and -c',
      helpGroup: 'GLOBAL',
    }),
  };

  /** What an interruption means for the work: nothing of a query is lost, and an installer undoes its changes. */
  protected readonly work: 'change' | 'query' | 'installation' = 'change';

  /** An argument that is empty is a variable of the caller's that was not set. */
  protected override async parse<F extends FlagOutput, B extends FlagOutput, A extends ArgOutput>(
    options?: Interfaces.Input<F, B, A>,
    argv?: string[],
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse<F, B, A>(options, argv);
    if (parsed.argv.includes('')) this.misuse('an argument is empty');
    return parsed;
  }

  /** As it is typed. */
  protected get title(): string {
    return `${this.config.bin} ${this.id?.replaceAll(':', ' ')}`;
  }

  /** Reads the configuration. Throws CONFIG_INVALID, CONFIG_SYNTAX, CONFIG_UNREADABLE. */
  protected loadConfig(path: string | undefined): Promise<LoadedConfig> {
    return loadConfig({ env: process.env, ...(path !== undefined && { path }) });
  }

  /** Runs `work`; Ctrl-C and the like interrupt it. The exit code then tells the signal. */
  protected async interruptible<T>(interruption: Interruptible, work: () => Promise<T>): Promise<T> {
    const interrupt = (_: NodeJS.Signals, number: number): void => interruption.interrupt(number);
    for (const signal of SIGNALS) process.on(signal, interrupt);
    try {
      return await work();
    } catch (error) {
      if (this.work === 'change' || !isPraasError(error, 'INTERRUPTED')) throw error;
      throw praasError('INTERRUPTED', { signal_number: error.facts.signal_number, work: this.work }, error);
    } finally {
      for (const signal of SIGNALS) process.off(signal, interrupt);
      // The work may be complete all the same; the exit code tells the caller of the signal.
      if (interruption.signalNumber !== undefined) process.exitCode = exitCodeOfSignal(interruption.signalNumber);
    }
  }

  /** Throws NOT_PERMITTED unless root runs it: rules and state belong to root. */
  protected requireRoot(): void {
    if (process.getuid?.() !== 0) throw praasError('NOT_PERMITTED', { what: this.title });
  }

  /** The columns asked for, in that order; `defaults` (or else all) when none are. An unknown column is wrong usage. */
  protected choose<T>(
    columns: readonly Column<T>[],
    asked: readonly string[] | undefined,
    defaults?: readonly string[],
  ): readonly Column<T>[] {
    const titles = columns.map(({ title }) => title);
    const chosen = chooseColumns(columns, asked ?? [], defaults ?? titles);
    if ('unknown' in chosen) this.misuse(`unknown column ${chosen.unknown} (columns: ${titles.join(', ')})`);
    return chosen;
  }

  /** Prints a result for people; nothing if it is empty or with --json. */
  protected print(text: string): void {
    if (text !== '' && !this.jsonEnabled()) process.stdout.write(`${text}\n`);
  }

  /** Prints a warning on stderr, with --json too. */
  protected complain(sentence: string): void {
    process.stderr.write(`${colour('yellow', 'Warning:')} ${cleanedLines(sentence)}\n`);
  }

  /** Tells on stderr what failed while the rest was done; with --json in the form of an error, on one line. The exit code is 1. */
  protected tellFailure(error: Error): void {
    process.exitCode = 1;
    if (this.jsonEnabled()) process.stderr.write(`${JSON.stringify(failureJson(error))}\n`);
    else this.complain(error.message);
  }

  /** Ends the command as wrongly used. */
  protected misuse(sentence: string): never {
    throw new UsageError(sentence);
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  }

  /** run.ts prints errors. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }
}
