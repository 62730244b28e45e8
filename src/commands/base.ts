/**
 * What all commands share: the configuration, the way to the services, and how errors are shown. Exit codes: 0 done,
 * 1 refused or failed, 2 wrong usage.
 */
import { Command, Errors, Flags } from '@oclif/core';
import { compose, type Praas } from '../compose.ts';
import { type LoadedConfig, loadConfig } from '../config/config.ts';
import { isPraasError, praasError } from '../pat/errors.ts';
import { colour } from '../output/colour.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

export abstract class PraasCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    config: Flags.string({
      description: 'read this configuration file instead of /usr/local/etc/praas/praas.conf',
      env: 'PRAAS_CONFIG',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
  };

  /** Reads the configuration. Throws CONFIG_INVALID, CONFIG_SYNTAX, CONFIG_UNREADABLE. */
  protected loadConfig(path: string | undefined): Promise<LoadedConfig> {
    return loadConfig({ env: process.env, ...(path !== undefined && { path }) });
  }

  /** Runs `work` with the services, and closes them however it ends. */
  protected async withPraas<T>(path: string | undefined, work: (praas: Praas) => Promise<T>): Promise<T> {
    const { config } = await this.loadConfig(path);
    const praas = compose(config, {
      env: process.env,
      command: `${this.config.bin} ${this.id?.replaceAll(':', ' ')}`,
      complain: (sentence) => this.complain(sentence),
    });
    try {
      return await work(praas);
    } finally {
      await praas.close();
    }
  }

  /** Throws NOT_PERMITTED for everybody but root: rules and state are root's. */
  protected requireRoot(): void {
    if (process.getuid?.() !== 0) {
      throw praasError('NOT_PERMITTED', { what: `${this.config.bin} ${this.id?.replaceAll(':', ' ')}` });
    }
  }

  /** Says something beside the result, on stderr, also when the result is JSON. */
  protected complain(sentence: string): void {
    process.stderr.write(`${colour('yellow', 'Warning:')} ${sentence}\n`);
  }

  /** Ends the command as wrongly used. */
  protected misuse(sentence: string): never {
    throw new Errors.CLIError(`${sentence}\nSee more help with --help`, { exit: EXIT_USAGE });
  }

  protected override async catch(error: Errors.CLIError & { exitCode?: number }): Promise<void> {
    if (error instanceof Errors.ExitError) throw error;
    const exit_code = isPraasError(error) ? EXIT_FAILED : (error.oclif?.exit ?? EXIT_FAILED);
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error));
    else process.stderr.write(textOf(error));
    this.exit(exit_code);
  }

  protected override toErrorJson(error: unknown): unknown {
    if (isPraasError(error)) {
      const { code, message, next_steps, facts } = error;
      return { error: { code, message, next_steps, facts } };
    }
    const message = error instanceof Error ? error.message : String(error);
    const is_usage = error instanceof Errors.CLIError && error.oclif.exit === EXIT_USAGE;
    return { error: { code: is_usage ? 'USAGE' : 'BUG', message, next_steps: [], facts: {} } };
  }
}

function textOf(error: Error): string {
  const steps = isPraasError(error) ? error.next_steps.map((step) => `  ${step}\n`) : [];
  const isKnown = isPraasError(error) || error instanceof Errors.CLIError;
  const text = isKnown || process.env['DEBUG'] === undefined ? error.message : (error.stack ?? error.message);
  return `${colour('red', 'Error:')} ${text}\n${steps.join('')}`;
}
