/** What the token commands share: the columns of a token, and the tokens of this node. */
import { composeTokens } from '../compose/tokens.ts';
import type { Token } from '../core/identity/token.ts';
import type { TokenService } from '../core/identity/token-service.ts';
import { PraasCommand } from './base.ts';
import type { Column } from './output/rows.ts';

export const TOKEN_COLUMNS: readonly Column<Token>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'Name', value: ({ name }) => name },
  { title: 'Role', value: ({ role }) => role },
  { title: 'Project ID', value: ({ project_id }) => project_id },
  { title: 'Created At', value: ({ created_at }) => created_at },
  { title: 'Expires At', value: ({ expires_at }) => expires_at },
];

export abstract class TokenCommand extends PraasCommand {
  /** The tokens of this node by the configuration file at `path`. Throws NOT_PERMITTED for users other than root. */
  protected async tokens(path: string | undefined): Promise<TokenService> {
    this.requireRoot();
    const { config } = await this.loadConfig(path);
    return composeTokens(config, { env: process.env, command: this.title }).tokens;
  }
}
