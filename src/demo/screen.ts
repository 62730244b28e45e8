/** How the demonstration looks: what is said, what is typed, what came out, and a tick for what was shown by it. */

type Colour = 'bold' | 'green' | 'cyan';

const CODES: Readonly<Record<Colour, number>> = { bold: 1, green: 32, cyan: 36 };

export class Screen {
  readonly #write: (text: string) => void;
  readonly #coloured: boolean;

  /** `write` takes whole lines, with their ends. */
  constructor(write: (text: string) => void, coloured: boolean) {
    this.#write = write;
    this.#coloured = coloured;
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
    this.#write(`\n${this.#paint('cyan', `$ ${line}`)}\n`);
  }

  /** What a program said, as it said it. */
  output(text: string): void {
    if (text !== '') this.#write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** What has been seen to be true. */
  shown(text: string): void {
    this.#write(`${this.#paint('green', `✓ ${text}`)}\n`);
  }

  #paint(colour: Colour, text: string): string {
    return this.#coloured ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
  }
}
