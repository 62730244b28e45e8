/** Splits the output of a helper into results: the output of a program as it is, then a mark, the exit code, and stderr. */
export interface HelperResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const NEWLINE = '\n';

export class Framing {
  readonly #mark: Buffer;
  #chunks: Buffer[] = [];
  #hasMark = false;

  constructor(mark: string) {
    this.#mark = Buffer.from(`${NEWLINE}${mark} `);
  }

  /** Takes the next bytes; gives the result when they complete it. A helper works on one program at a time. */
  push(data: Buffer): HelperResult | undefined {
    const before = this.#chunks.at(-1)?.subarray(-this.#mark.length) ?? Buffer.alloc(0);
    this.#chunks.push(data);
    // A mark may be split over two chunks, or over three when the middle one is very small: then all chunks are searched.
    const window = data.length < this.#mark.length ? Buffer.concat(this.#chunks) : Buffer.concat([before, data]);
    this.#hasMark ||= window.includes(this.#mark);
    return this.#hasMark ? this.#parse(Buffer.concat(this.#chunks)) : undefined;
  }

  #parse(all: Buffer): HelperResult | undefined {
    const end = all.indexOf(this.#mark);
    const header = end + this.#mark.length;
    const lineEnd = all.indexOf(NEWLINE, header);
    if (lineEnd < 0) return undefined;
    const [exitCode = 0, length = 0] = all.toString('latin1', header, lineEnd).split(' ').map(Number);
    const begin = lineEnd + 1;
    if (all.length < begin + length) return undefined;
    this.#chunks = [];
    this.#hasMark = false;
    return { exitCode, stdout: all.toString('utf8', 0, end), stderr: all.toString('utf8', begin, begin + length) };
  }
}
