/**
 * The text of a journal: one JSON line per change, numbered without a gap. The only damage that a crash can do is a torn last line, one
 * without its newline. It was never acknowledged, so it is cut off; any other invalid line is damage, which an operator has to repair.
 */
import { damaged } from '../damage.ts';
import { type JournalLine, type Origin, parseLine } from './format.ts';

interface Journal {
  readonly lines: readonly JournalLine[];
  /** The length of the whole lines; a torn line after them has to be cut off before the next one is written. */
  readonly wholeBytes: number;
}

const NEWLINE = 10;
const BRACE = 0x7b;

/** Parses the content of a journal. Throws STORE_DAMAGED with the number of the line, STORE_TOO_NEW. */
export function parseJournal(content: Buffer, origin: Origin): Journal {
  const lines: JournalLine[] = [];
  let start = 0;
  for (let end = content.indexOf(NEWLINE); end >= 0; end = content.indexOf(NEWLINE, start)) {
    const where = `line ${lines.length + 1}: `;
    const line = parseLine(content.toString('utf8', start, end), where, origin);
    const before = lines.at(-1)?.seq;
    if (before !== undefined && line.seq !== before + 1) throw damaged(origin.path, gap(where, line.seq, before + 1));
    lines.push(line);
    start = end + 1;
  }
  if (!isTorn(content, start)) throw damaged(origin.path, `line ${lines.length + 1}: it is not JSON`);
  // Lines that were acknowledged were here, or the file system lost the first one before anything else was written.
  if (lines.length === 0 && content[0] === 0) throw damaged(origin.path, 'it has no complete line');
  return { lines, wholeBytes: start };
}

/** A torn line starts as a line does, or with the zeros that a file system leaves where no data arrived. */
function isTorn(content: Buffer, start: number): boolean {
  return start >= content.length || content[start] === BRACE || content[start] === 0;
}

/** Gives the changes after change `seq` of the snapshot. Throws STORE_DAMAGED when one between them is missing. */
export function linesAfter(seq: number, lines: readonly JournalLine[], path: string): readonly JournalLine[] {
  const [first] = lines;
  if (first && first.seq > seq + 1) throw damaged(path, gap('line 1: ', first.seq, seq + 1));
  return first ? lines.slice(seq + 1 - first.seq) : [];
}

function gap(where: string, found: number, expected: number): string {
  return `${where}found change ${found}, expected change ${expected}`;
}
