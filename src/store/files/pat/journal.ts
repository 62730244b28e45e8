/**
 * The journal's text: one JSON line per change, numbered without a gap. The only damage that a crash can do is a torn last
 * line. It was never acknowledged, so it is not there; any other bad line is damage that somebody has to look at.
 */

import { damaged, parseJson } from '../json.ts';
import { checkLine, type JournalLine, type Origin } from './format.ts';

export interface Journal {
  readonly lines: readonly JournalLine[];
  /** How much of the file is whole lines; what comes behind is torn and has to be cut off before the next one. */
  readonly wholeBytes: number;
}

const NEWLINE = 10;
const BRACE = 0x7b;

/** Takes the content of a journal file. Throws STORE_DAMAGED naming the line, STORE_TOO_NEW. */
export function parseJournal(content: Buffer, origin: Origin): Journal {
  const lines: JournalLine[] = [];
  let start = 0;
  for (let end = content.indexOf(NEWLINE); end >= 0; end = content.indexOf(NEWLINE, start)) {
    const where = `line ${lines.length + 1}: `;
    const stored = parseJson(content.toString('utf8', start, end));
    // A crash of the machine may keep the end of a line and lose its middle.
    if (stored === undefined && end + 1 === content.length && isTorn(content, start)) break;
    if (stored === undefined) throw damaged(origin.path, `${where}it is not JSON`);
    const line = checkLine(stored, where, origin);
    const before = lines.at(-1)?.seq;
    if (before !== undefined && line.seq !== before + 1) throw damaged(origin.path, gap(where, line.seq, before + 1));
    lines.push(line);
    start = end + 1;
  }
  if (!isTorn(content, start)) throw damaged(origin.path, `line ${lines.length + 1}: it is not JSON`);
  return { lines, wholeBytes: start };
}

/** What is left of a line of ours begins as one, or with what a file system leaves where nothing arrived. */
function isTorn(content: Buffer, start: number): boolean {
  return start >= content.length || content[start] === BRACE || content[start] === 0;
}

/** The changes that a snapshot of change `seq` does not have yet. Throws STORE_DAMAGED when one between them is missing. */
export function linesAfter(seq: number, lines: readonly JournalLine[], path: string): readonly JournalLine[] {
  const [first] = lines;
  if (first && first.seq > seq + 1) throw damaged(path, gap('line 1: ', first.seq, seq + 1));
  return first ? lines.slice(seq + 1 - first.seq) : [];
}

function gap(where: string, found: number, due: number): string {
  return `${where}it is change ${found} where change ${due} is due`;
}
