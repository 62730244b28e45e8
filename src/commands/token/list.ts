import type { Token } from '../../core/identity/token.ts';
import { outputFlags } from '../flags.ts';
import { renderList } from '../output/rows.ts';
import { TOKEN_COLUMNS, TokenCommand } from '../token-command.ts';

export default class TokenList extends TokenCommand {
  static override summary = 'list the API tokens of this node';
  static override description =
    'Sorted by name, expired tokens included. The secrets of the tokens are not stored and cannot be shown.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -f value -c Name -c "Expires At"',
  ];
  static override flags = { ...outputFlags };

  async run(): Promise<readonly Token[]> {
    const { flags } = await this.parse(TokenList);
    const columns = this.choose(TOKEN_COLUMNS, flags.column);
    const tokens = await (await this.tokens(flags.config)).list();
    this.print(await renderList(flags.format, columns, tokens));
    return tokens;
  }
}
