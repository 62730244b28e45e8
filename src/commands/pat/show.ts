import { MAPPING_COLUMNS } from '../../output/mapping-columns.ts';
import { renderRecord } from '../../output/rows.ts';
import type { Mapping } from '../../pat/mapping.ts';
import { PraasCommand } from '../base.ts';
import { mappingArg, outputFlags } from '../flags.ts';

export default class PatShow extends PraasCommand {
  static override summary = 'show one mapping';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0b0e0a52',
    '<%= config.bin %> <%= command.id %> 0b0e0a52 -f value -c Status -c "Status Reason"',
  ];
  static override args = {
    id: mappingArg({ required: true }),
  };
  static override flags = { ...outputFlags };

  async run(): Promise<Mapping> {
    const { args, flags } = await this.parse(PatShow);
    const columns = this.choose(MAPPING_COLUMNS, flags.column);
    const mapping = await this.withPraas(flags.config, ({ pat }) => pat.get(args.id));
    this.print(await renderRecord(flags.format, columns, mapping));
    return mapping;
  }
}
