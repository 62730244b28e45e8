import { Args } from '@oclif/core';
import { renderRecord } from '../../output/rows.ts';
import type { Mapping } from '../../pat/mapping.ts';
import { outputFlags } from '../flags.ts';
import { MappingCommand } from '../mapping-command.ts';

export default class PatShow extends MappingCommand {
  static override summary = 'show one mapping';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0b0e0a52',
    '<%= config.bin %> <%= command.id %> 0b0e0a52 -f value -c Status -c "Status Reason"',
  ];
  static override args = {
    id: Args.string({ required: true, description: 'ID of the mapping, or the beginning of it' }),
  };
  static override flags = { ...outputFlags };

  async run(): Promise<Mapping> {
    const { args, flags } = await this.parse(PatShow);
    const columns = this.columnsFor(flags);
    const mapping = await this.withPraas(flags.config, ({ pat }) => pat.get(args.id));
    this.log(await renderRecord(flags.format, columns, mapping));
    return mapping;
  }
}
