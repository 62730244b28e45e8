/**
 * A script of this backend as what iptables-restore takes. It commits table by table, and our rules are in two: marks come
 * before the translations that need them, and go after them, so that a change that is broken off in between leaves a mark
 * that leads nowhere and never a translation whose packets are dropped. Pure.
 */
import type { Script } from '../backend.ts';

/** Lines for mangle begin with this, as one would type it; all others are for nat. */
const IN_MANGLE = '-t mangle ';

/** What is committed as one. */
export interface Section {
  readonly table: 'nat' | 'mangle';
  readonly frame: readonly string[];
  /** Changes of rules: `-A …`, `-D …`. */
  readonly changes: readonly string[];
}

/** Takes a line of a script, gives it as one for mangle. */
export function inMangle(line: string): string {
  return IN_MANGLE + line;
}

/** The sections of a script in the order in which they must be committed; none is empty. */
export function sectionsOf({ frame, removals, additions }: Script): Section[] {
  const sections: Section[] = [
    { table: 'mangle', frame: forMangle(frame), changes: forMangle(additions) },
    { table: 'nat', frame: forNat(frame), changes: [...forNat(removals), ...forNat(additions)] },
    { table: 'mangle', frame: [], changes: forMangle(removals) },
  ];
  return sections.filter((section) => section.frame.length + section.changes.length > 0);
}

/** The text of a section for iptables-restore. */
export function textOf({ table, frame, changes }: Section): string {
  return [`*${table}`, ...frame, ...changes, 'COMMIT', ''].join('\n');
}

/**
 * The section that takes back the rules of one that was committed. Those that went come back in their order: rules of others
 * are among them, and of two for one port the first wins. Its chains and jumps stay: they do nothing alone.
 */
export function inverseOf({ table, changes }: Section): Section {
  const swapped = (from: string, to: string): string[] =>
    changes.filter((line) => line.startsWith(from)).map((line) => to + line.slice(from.length));
  return { table, frame: [], changes: [...swapped('-A ', '-D '), ...swapped('-D ', '-A ')] };
}

function forMangle(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith(IN_MANGLE)).map((line) => line.slice(IN_MANGLE.length));
}

function forNat(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.startsWith(IN_MANGLE));
}
