/** What create, update and show have in common: one mapping is printed, or what a dry run would have done. */
import { MAPPING_COLUMNS } from '../output/mapping-columns.ts';
import { type Format, renderRecord } from '../output/rows.ts';
import type { Mapping } from '../pat/mapping.ts';
import type { Changed, ChangeOptions, Pat } from '../pat/pat.ts';
import { PraasCommand } from './base.ts';

/** What `--dry-run` gives as JSON. */
export interface Preview {
  readonly mapping: Mapping;
  readonly script: string;
}

interface ShowFlags {
  readonly format: Format;
  readonly column: readonly string[] | undefined;
}

interface ChangeFlags extends ShowFlags {
  readonly config: string | undefined;
  readonly 'dry-run': boolean;
  readonly force: boolean;
}

export abstract class MappingCommand extends PraasCommand {
  /** Runs a change of one mapping as root and prints what became of it. */
  protected async change(
    flags: ChangeFlags,
    work: (pat: Pat, options: ChangeOptions) => Promise<Changed<Mapping>>,
  ): Promise<Mapping | Preview> {
    const columns = this.choose(MAPPING_COLUMNS, flags.column);
    this.requireRoot();
    const options = { force: flags.force, dry_run: flags['dry-run'] };
    const { value, warnings, script } = await this.withPraas(flags.config, ({ pat }) => work(pat, options));
    for (const warning of warnings) this.complain(warning);
    if (script !== undefined) {
      this.print(script.trimEnd() || 'No rule would change.');
      return { mapping: value, script };
    }
    if (value.status === 'DOWN') this.complain(`mapping ${value.id} is DOWN: ${value.status_reason}`);
    this.print(await renderRecord(flags.format, columns, value));
    return value;
  }
}
