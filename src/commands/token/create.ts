import { Flags } from '@oclif/core';
import { ROLES } from '../../core/identity/requester.ts';
import type { CreatedToken } from '../../core/identity/token.ts';
import { expiresFlag, outputFlags } from '../flags.ts';
import { EXPIRY_FORMS } from '../output/expiry.ts';
import { type Column, renderRecord } from '../output/rows.ts';
import { TOKEN_COLUMNS, TokenCommand } from '../token-command.ts';

const COLUMNS: readonly Column<CreatedToken>[] = [{ title: 'Token', value: ({ token }) => token }, ...TOKEN_COLUMNS];

export default class TokenCreate extends TokenCommand {
  static override summary = 'make a token for the API of this node';
  static override description =
    'The token is shown now and never again: only its hash is kept. It works at once, without a restart of the daemon.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --name ci --role admin',
    '<%= config.bin %> <%= command.id %> --name shop --role member --project 4a1c6f0e2b7d4e3f9a5b8c7d6e5f4a3b --expires 90d',
    '<%= config.bin %> <%= command.id %> --name watch --role reader -f value -c Token',
  ];
  static override flags = {
    name: Flags.string({ required: true, description: 'a name for people, of which there is no other' }),
    role: Flags.option({
      options: ROLES,
      required: true,
      description: 'reader looks, member changes the mappings of its project, admin those of all',
    })(),
    project: Flags.string({
      helpValue: 'ID',
      description: 'project whose mappings it sees; needed for a member (default: all projects)',
    }),
    expires: expiresFlag({ description: `when the token ends: ${EXPIRY_FORMS} (default: never)` }),
    ...outputFlags,
  };

  async run(): Promise<CreatedToken> {
    const { flags } = await this.parse(TokenCreate);
    const columns = this.choose(COLUMNS, flags.column);
    const tokens = await this.tokens(flags.config);
    const created = await tokens.create({
      name: flags.name,
      role: flags.role,
      ...(flags.project !== undefined && { project_id: flags.project }),
      ...(flags.expires !== undefined && { expires_at: flags.expires.at }),
    });
    this.print(await renderRecord(flags.format, columns, created));
    return created;
  }
}
