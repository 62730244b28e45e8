/** What create, update and show have in common: one mapping is printed, or what a dry run would have done. */
import { MAPPING_COLUMNS } from '../output/mapping-columns.ts';
import { chooseColumns, type Column, type Format, renderRecord } from '../output/rows.ts';
import type { Mapping } from '../pat/mapping.ts';
import type { Changed, ChangeOptions, PatService } from '../pat/service.ts';
import { PraasCommand } from './base.ts';

/** What `--dry-run` gives as JSON. */
export interface Preview {
  readonly mapping: Mapping;
  readonly script: string;
}

interface OutputFlags {
  readonly format: Format;
  readonly column: readonly string[];
}

interface ChangeFlags extends OutputFlags {
  readonly config: string | undefined;
  readonly 'dry-run': boolean;
  readonly force: boolean;
}

export abstract class MappingCommand extends PraasCommand {
  /** Runs a change of one mapping as root and prints what became of it. */
  protected async change(
    flags: ChangeFlags,
    work: (pat: PatService, options: ChangeOptions) => Promise<Changed<Mapping>>,
  ): Promise<Mapping | Preview> {
    const columns = this.columnsFor(flags);
    this.requireRoot();
    const options = { force: flags.force, dry_run: flags['dry-run'] };
    const { value, warnings, script } = await this.withPraas(flags.config, ({ pat }) => work(pat, options));
    for (const warning of warnings) this.complain(warning);
    if (script !== undefined) {
      this.log(script.trimEnd() || 'No rule would change.');
      return { mapping: value, script };
    }
    if (value.status === 'DOWN') this.complain(`mapping ${value.id} is DOWN: ${value.status_reason}`);
    this.log(await renderRecord(flags.format, columns, value));
    return value;
  }

  /** The columns asked for, all by default. A column that there is not is wrong usage. */
  protected columnsFor({ column }: Pick<OutputFlags, 'column'>, defaults = allTitles()): readonly Column<Mapping>[] {
    const chosen = chooseColumns(MAPPING_COLUMNS, column, defaults);
    if ('unknown' in chosen) this.misuse(`There is no column ${chosen.unknown}; there are: ${allTitles().join(', ')}.`);
    return chosen;
  }
}

function allTitles(): string[] {
  return MAPPING_COLUMNS.map(({ title }) => title);
}
