import type { Setting } from '../../system/config/config.ts';
import { PraasCommand } from '../base.ts';
import { outputFlags } from '../flags.ts';
import { type Column, renderList } from '../output/rows.ts';

const COLUMNS: readonly Column<Setting>[] = [
  { title: 'Key', value: ({ key }) => key },
  { title: 'Value', value: ({ value }) => value },
  { title: 'Source', value: ({ source }) => source },
  { title: 'Description', value: ({ description }) => description },
];

/** Passwords in a URL. */
const PASSWORDS = /:[^:/@,]*@/g;

export default class ConfigShow extends PraasCommand {
  static override summary = 'show the configuration in force, and where each value comes from';
  static override description =
    'The environment (PRAAS_ and the key in capitals) goes before the file, the file before the defaults.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --config ./praas.conf -f json',
  ];
  static override flags = { ...outputFlags };

  async run(): Promise<readonly Setting[]> {
    const { flags } = await this.parse(ConfigShow);
    const columns = this.choose(COLUMNS, flags.column, ['Key', 'Value', 'Source']);
    const loaded = await this.loadConfig(flags.config);
    const settings = loaded.settings.map((setting) => ({
      ...setting,
      value: setting.value.replace(PASSWORDS, ':***@'),
    }));
    this.print(await renderList(flags.format, columns, settings));
    return settings;
  }
}
