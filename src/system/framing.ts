/** Cuts what a helper says into answers: the output of a program as it is, then a mark, its exit code, what it said on stderr. */
export interface Framed {
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

  /** Takes the next bytes; gives the answer when they complete one. Only one answer is under way at a time. */
  take(data: Buffer): Framed | undefined {
    const before = this.#chunks.at(-1)?.subarray(-this.#mark.length) ?? Buffer.alloc(0);
    this.#chunks.push(data);
    // A mark may lie across two chunks, or three when the one in the middle is very small: then all of them are looked at.
    const window = data.length < this.#mark.length ? Buffer.concat(this.#chunks) : Buffer.concat([before, data]);
    this.#hasMark ||= window.includes(this.#mark);
    return this.#hasMark ? this.#answer(Buffer.concat(this.#chunks)) : undefined;
  }

  #answer(all: Buffer): Framed | undefined {
    const end = all.indexOf(this.#mark);
    const header = end + this.#mark.length;
    const lineEnd = all.indexOf(NEWLINE, header);
    if (lineEnd < 0) return undefined;
    const [exitCode = 0, length = 0] = all.toString('latin1', header, lineEnd).split(' ').map(Number);
    const said = lineEnd + 1;
    if (all.length < said + length) return undefined;
    this.#chunks = [];
    this.#hasMark = false;
    return { exitCode, stdout: all.toString('utf8', 0, end), stderr: all.toString('utf8', said, said + length) };
  }
}
