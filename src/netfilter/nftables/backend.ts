/**
 * The nftables backend: everything in table `ip praas` (layout.ts), one `nft -f` per namespace and batch. nft applies all
 * of a script or nothing.
 */
import type { Forward } from '../../pat/mapping/forward.ts';
import type { Command } from '../../system/exec.ts';
import type { Backend, BackendObservation, Script } from '../backend.ts';
import { refusal } from '../failure.ts';
import type { Namespaces } from '../namespace.ts';
import { rulesOf } from '../rules.ts';
import { additionOf, removalOf } from './element.ts';
import { frameLines, TABLE } from './layout.ts';
import { parseListing, type TableContents } from './listing.ts';
import { markLines, marksIn } from './marks.ts';

const NO_TABLE = /No such file or directory/;

export class NftablesBackend implements Backend {
  readonly name = 'nftables';
  readonly #namespaces: Namespaces;

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces;
  }

  async observe(namespace: string): Promise<BackendObservation> {
    const contents = await this.#read(namespace);
    return { ...(contents ?? { found: [], portsInUse: [], frame: frameLines() }), warnings: [] };
  }

  async dismantling(namespace: string): Promise<readonly string[]> {
    const contents = await this.#read(namespace);
    const isEmpty = contents && contents.found.length + contents.portsInUse.length === 0;
    return isEmpty ? [`delete table ${TABLE}`] : [];
  }

  /** What is in our table; undefined when there is none. */
  async #read(namespace: string): Promise<TableContents | undefined> {
    const command = { file: 'nft', args: ['--json', 'list', 'table', ...TABLE.split(' ')] };
    const result = await this.#namespaces.run(namespace, command);
    if (result.exitCode === 0) return parseListing(result.stdout);
    if (NO_TABLE.test(result.stderr)) return undefined;
    throw refusal(result, { router: namespace, tool: 'nft', script: '' });
  }

  additions(forward: Forward): readonly string[] {
    return rulesOf(forward).map(additionOf);
  }

  removals(forward: Forward): readonly string[] {
    return rulesOf(forward).map(removalOf);
  }

  text(script: Script): string {
    const marks = marksIn(script.additions);
    const frame = [...script.frame, ...(marks.length > 0 ? markLines(marks) : [])];
    return [...frame, ...statements(script.removals), ...statements(script.additions), ''].join('\n');
  }

  async apply(namespace: string, script: Script): Promise<void> {
    const input = this.text(script);
    const command: Command = { file: 'nft', args: ['-f', '-'], input, killOnParentExit: true };
    const result = await this.#namespaces.run(namespace, command);
    if (result.exitCode !== 0) throw refusal(result, { router: namespace, tool: 'nft', script: input });
  }
}

/** Up to so many elements, a statement each: that is easier to read in a dry run and in a refusal. */
const FEW = 50;

/**
 * Joins many `add element ip praas open { … }` lines into one statement per map, an element a line: nft reads one statement
 * of ten thousand elements in half the time that it takes for ten thousand statements.
 */
function statements(lines: readonly string[]): readonly string[] {
  if (lines.length <= FEW) return lines;
  const groups = Map.groupBy(lines, (line) => line.slice(0, line.indexOf(' { ')));
  return [...groups].map(([statement, group]) => {
    const elements = group.map((line) => line.slice(statement.length + ' { '.length, -' }'.length));
    return `${statement} {\n${elements.join(',\n')}\n}`;
  });
}
