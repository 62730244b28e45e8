import { ROOT } from '../../core/identity/requester.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import { outputFlags } from '../flags.ts';
import { renderRecord } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';
import { mappingArg } from './flags.ts';
import { MAPPING_COLUMNS } from './mapping-columns.ts';

export default class PatShow extends ServiceCommand {
  static override summary = 'show a mapping';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0b0e0a52',
    '<%= config.bin %> <%= command.id %> 0b0e0a52 -f value -c Status -c "Status Reason"',
  ];
  static override args = {
    id: mappingArg({ required: true }),
  };
  static override flags = { ...outputFlags };

  protected override readonly work = 'query';

  async run(): Promise<MappingView> {
    const { args, flags } = await this.parse(PatShow);
    const columns = this.choose(MAPPING_COLUMNS, flags.column);
    const mapping = await this.withPraas(flags, ({ pat }) => pat.get(args.id, ROOT));
    this.print(await renderRecord(flags.format, columns, mapping));
    return mapping;
  }
}
