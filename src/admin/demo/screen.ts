/** How the demonstration looks: what is said, what is typed, what came out, and a tick for what was shown by it. */

/** Gives the text as that kind of text looks. */
export type Paint = (name: 'bold' | 'green' | 'yellow', text: string) => string;

export class Screen {
  readonly #write: (text: string) => void;
  readonly #paint: Paint;

  /** `write` takes whole lines, with their ends. */
  constructor(write: (text: string) => void, paint: Paint) {
    this.#write = write;
    this.#paint = paint;
  }

  /** Begins a chapter. */
  chapter(title: string): void {
    this.#write(`\n${this.#paint('bold', title)}\n`);
  }

  say(text: string): void {
    this.#write(`${text}\n`);
  }

  /** A command as a person would type it. */
  command(line: string): void {
    this.#write(`\n${this.#paint('yellow', `$ ${line}`)}\n`);
  }

  /** What a program said, as it said it. */
  output(text: string): void {
    if (text !== '') this.#write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** What has been seen to be true. */
  shown(text: string): void {
    this.#write(`${this.#paint('green', `✓ ${text}`)}\n`);
  }
}
