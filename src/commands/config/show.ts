import type { Setting } from '../../compose/config.ts';
import { masked } from '../../core/values/masked.ts';
import { PraasCommand } from '../base.ts';
import { outputFlags } from '../flags.ts';
import { renamedText } from '../output/renamed-key.ts';
import { type Column, renderList } from '../output/rows.ts';

const COLUMNS: readonly Column<Setting>[] = [
  { title: 'Key', value: ({ key }) => key },
  { title: 'Value', value: ({ value }) => value },
  { title: 'Source', value: ({ source }) => source },
  { title: 'Old Name', value: ({ old_name }) => old_name },
  { title: 'Applied By', value: ({ reloadable }) => (reloadable ? 'reload' : 'restart') },
  { title: 'Description', value: ({ description }) => description },
];
const DEFAULT_COLUMNS = ['Key', 'Value', 'Source'];

export default class ConfigShow extends PraasCommand {
  static override summary = 'show the configuration and the source of each value';
  static override description =
    'The environment overrides the file, the file overrides the defaults. Keys of [praas] have a variable such as ' +
    'PRAAS_STATE_DIR. If a key is set by its old name, the column Old Name shows it and a warning gives the current ' +
    'name.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --config ./praas.conf -f json',
  ];
  static override flags = { ...outputFlags };

  async run(): Promise<readonly Setting[]> {
    const { flags } = await this.parse(ConfigShow);
    const { settings, renamed } = await this.loadConfig(flags.config);
    const usesOldName = settings.some(({ old_name }) => old_name !== null);
    const columns = this.choose(COLUMNS, flags.column, [...DEFAULT_COLUMNS, ...(usesOldName ? ['Old Name'] : [])]);
    const shown = settings.map((setting) => ({ ...setting, value: masked(setting.value) }));
    this.print(await renderList(flags.format, columns, shown));
    for (const each of renamed) this.complain(renamedText(each));
    return shown;
  }
}
