/** How the demonstration looks: its text, the commands with their output, and a tick for each fact that they have shown. */

/** Gives the text as that kind of text looks. */
export type Paint = (name: 'bold' | 'green' | 'yellow', text: string) => string;

export class DemoOutput {
  readonly #write: (text: string) => void;
  readonly #paint: Paint;

  /** `write` takes whole lines, with their line ends. */
  constructor(write: (text: string) => void, paint: Paint) {
    this.#write = write;
    this.#paint = paint;
  }

  heading(title: string): void {
    this.#write(`\n${this.#paint('bold', title)}\n`);
  }

  text(text: string): void {
    this.#write(`${text}\n`);
  }

  /** A command line, as it is typed. */
  command(line: string): void {
    this.#write(`\n${this.#paint('yellow', `$ ${line}`)}\n`);
  }

  /** The output of a program, unchanged. */
  output(text: string): void {
    if (text !== '') this.#write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** A fact that was checked. */
  fact(text: string): void {
    this.#write(`${this.#paint('green', `✓ ${text}`)}\n`);
  }
}
