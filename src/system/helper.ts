/**
 * A small process that starts programs for us, one at a time. Starting a program copies the memory map of its parent: that takes less
 * than a millisecond from a shell, and ten from a daemon with a large state. A request is one line of quoted words, which the shell
 * splits and does not interpret otherwise.
 */
import type { PipedProcess, StartPiped } from './exec.ts';
import { Framing, type HelperResult } from './framing.ts';

/** $1 is the mark, $2 a file for the stderr of programs. The first word of a line is the file for their stdin. */
const SCRIPT = `
mark=$1 errors=$2
exec 3>&1
while IFS= read -r line; do
  eval "set -- $line"
  input=$1
  shift
  "$@" <"$input" >&3 2>"$errors"
  code=$?
  if [ -s "$errors" ]; then words=$(cat "$errors"); else words=; fi
  printf '\\n%s %s %s\\n%s' "$mark" "$code" "\${#words}" "$words" >&3
done`;

export class Helper {
  readonly #process: PipedProcess;
  #onResult: ((result: HelperResult | undefined) => void) | undefined;
  #hasEnded = false;

  private constructor(process: PipedProcess) {
    this.#process = process;
    void process.ended.then(() => {
      this.#hasEnded = true;
      this.#onResult?.(undefined);
    });
  }

  /** Takes a mark, which no program may print, and the path of a file for stderr that no other helper uses. */
  static async start(startPiped: StartPiped, mark: string, stderrPath: string): Promise<Helper> {
    const framing = new Framing(mark);
    const started: { helper?: Helper } = {};
    const process = await startPiped({ file: 'sh', args: ['-c', SCRIPT, 'sh', mark, stderrPath] }, (data) => {
      const result = framing.push(data);
      if (result && started.helper) started.helper.#onResult?.(result);
    });
    started.helper = new Helper(process);
    return started.helper;
  }

  /** True while it accepts requests. */
  get isAlive(): boolean {
    return !this.#hasEnded;
  }

  /**
   * Runs a program with the file at `inputPath` as its stdin. The words must not contain line breaks or NUL. Gives undefined when the
   * helper ends before the program. One request at a time.
   */
  async run(inputPath: string, words: readonly string[]): Promise<HelperResult | undefined> {
    if (this.#hasEnded) return undefined;
    const { promise, resolve } = Promise.withResolvers<HelperResult | undefined>();
    this.#onResult = resolve;
    this.#process.write(`${[inputPath, ...words].map(quoted).join(' ')}\n`);
    const result = await promise;
    this.#onResult = undefined;
    return result;
  }

  /** Kills it and the program that it runs. */
  async kill(): Promise<void> {
    this.#process.kill();
    await this.#process.ended;
  }
}

/** Quotes any text as one word for a shell (POSIX, Shell Command Language, 2.2.2). */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
