/**
 * A small process that starts programs for us, one at a time. Starting one costs a copy of the starter's memory map: less
 * than a millisecond for a shell, ten for a daemon that holds ten thousand mappings. A request is one line of quoted words;
 * the shell makes words of it and nothing else.
 */
import type { StartTalk, Talk } from './exec.ts';
import { type Framed, Framing } from './framing.ts';

/** $1 is the mark, $2 a file for what programs say on stderr. The first word of a line is the file that is stdin. */
const SCRIPT = `
mark=$1 said=$2
exec 3>&1
while IFS= read -r line; do
  eval "set -- $line"
  input=$1
  shift
  "$@" <"$input" >&3 2>"$said"
  code=$?
  if [ -s "$said" ]; then words=$(cat "$said"); else words=; fi
  printf '\\n%s %s %s\\n%s' "$mark" "$code" "\${#words}" "$words" >&3
done`;

export class Helper {
  readonly #talk: Talk;
  #answer: ((framed: Framed | undefined) => void) | undefined;
  #hasEnded = false;

  private constructor(talk: Talk) {
    this.#talk = talk;
    void talk.ended.then(() => {
      this.#hasEnded = true;
      this.#answer?.(undefined);
    });
  }

  /** `mark` must be nothing that a program could print; `said_path` is a file of its own. */
  static async start(startTalk: StartTalk, mark: string, saidPath: string): Promise<Helper> {
    const framing = new Framing(mark);
    const heard: { helper?: Helper } = {};
    const talk = await startTalk({ file: 'sh', args: ['-c', SCRIPT, 'sh', mark, saidPath] }, (data) => {
      const framed = framing.take(data);
      if (framed && heard.helper) heard.helper.#answer?.(framed);
    });
    heard.helper = new Helper(talk);
    return heard.helper;
  }

  /** Whether it still takes requests. */
  get isAlive(): boolean {
    return !this.#hasEnded;
  }

  /**
   * Runs a program with the file `input_path` as its stdin. The words must be without line breaks and NUL. Gives undefined
   * when the helper ends before the answer. One request at a time.
   */
  async run(inputPath: string, words: readonly string[]): Promise<Framed | undefined> {
    if (this.#hasEnded) return undefined;
    const { promise, resolve } = Promise.withResolvers<Framed | undefined>();
    this.#answer = resolve;
    this.#talk.write(`${[inputPath, ...words].map(quoted).join(' ')}\n`);
    const framed = await promise;
    this.#answer = undefined;
    return framed;
  }

  /** Kills it and the program that it runs. */
  async kill(): Promise<void> {
    this.#talk.kill();
    await this.#talk.ended;
  }
}

/** One word for a shell, whatever is in it (POSIX, Shell Command Language, 2.2.2). */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
