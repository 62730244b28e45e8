/** The base of create and update: prints one mapping, or with --dry-run the rules that would change. */
import { ROOT } from '../../core/identity/requester.ts';
import type { Changed, ChangeOptions } from '../../pat/change/change.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import type { Pat } from '../../pat/services/api.ts';
import { type Format, isDataFormat, renderData, renderRecord } from '../output/rows.ts';
import { ServiceCommand, type ServiceFlags } from '../service-command.ts';
import { MAPPING_COLUMNS } from './mapping-columns.ts';

/** The result of `--dry-run`. */
export interface Preview {
  readonly mapping: MappingView;
  readonly script: string;
}

interface ChangeFlags extends ServiceFlags {
  readonly format: Format;
  readonly column: readonly string[] | undefined;
  readonly 'dry-run': boolean;
  readonly force: boolean;
}

export abstract class MappingCommand extends ServiceCommand {
  /** Changes one mapping as root and prints it. */
  protected async change(
    flags: ChangeFlags,
    work: (pat: Pat, options: ChangeOptions) => Promise<Changed<MappingView>>,
  ): Promise<MappingView | Preview> {
    const columns = this.choose(MAPPING_COLUMNS, flags.column);
    this.requireRootHere(flags);
    const options = { requester: ROOT, force: flags.force, dryRun: flags['dry-run'] };
    const { value, warnings, script } = await this.withPraas(flags, ({ pat }) => work(pat, options));
    for (const warning of warnings) this.complain(warning);
    if (script !== undefined) {
      const preview = { mapping: value, script };
      const text = script.trimEnd() || 'No rules would change.';
      this.print(isDataFormat(flags.format) ? await renderData(flags.format, preview) : text);
      return preview;
    }
    if (value.status === 'DOWN') this.complain(`mapping ${value.id} is DOWN: ${value.status_reason}`);
    this.print(await renderRecord(flags.format, columns, value));
    return value;
  }
}
