import { Flags } from '@oclif/core';
import { ROLES } from '../../core/identity/requester.ts';
import type { CreatedToken } from '../../core/identity/token.ts';
import { expiresFlag, outputFlags } from '../flags.ts';
import { EXPIRY_FORMS } from '../output/expiry.ts';
import { type Column, renderRecord } from '../output/rows.ts';
import { TOKEN_COLUMNS, TokenCommand } from '../token-command.ts';

const COLUMNS: readonly Column<CreatedToken>[] = [{ title: 'Token', value: ({ token }) => token }, ...TOKEN_COLUMNS];

export default class TokenCreate extends TokenCommand {
  static override summary = 'create a token for the API of this node';
  static override description =
    'The token is printed once and cannot be shown again: only its hash is stored. It is valid at once, without a restart of the ' +
    'daemon.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --name ci --role admin',
    '<%= config.bin %> <%= command.id %> --name shop --role member --project 4a1c6f0e2b7d4e3f9a5b8c7d6e5f4a3b --expires 90d',
    '<%= config.bin %> <%= command.id %> --name watch --role reader -f value -c Token',
  ];
  static override flags = {
    name: Flags.string({ required: true, description: 'unique display name' }),
    role: Flags.option({
      options: ROLES,
      required: true,
      description:
        'reader: read only; member: change mappings of its project, which without OpenStack it may only narrow and delete; ' +
        'admin: also any router port and any target address',
    })(),
    project: Flags.string({
      helpValue: 'ID',
      description: 'ID of the project whose mappings it can see, required for a member; without it: all projects',
    }),
    expires: expiresFlag({ description: `expiry of the token: ${EXPIRY_FORMS} (default: never)` }),
    ...outputFlags,
  };

  async run(): Promise<CreatedToken> {
    const { flags } = await this.parse(TokenCreate);
    const columns = this.choose(COLUMNS, flags.column);
    if (flags.role === 'member' && flags.project === undefined) this.misuse('--role member requires --project');
    const tokens = await this.tokens(flags.config);
    const created = await tokens.create({
      name: flags.name,
      role: flags.role,
      ...(flags.project !== undefined && { project_id: flags.project }),
      ...(flags.expires !== undefined && { expires_at: flags.expires.at }),
    });
    this.print(await renderRecord(flags.format, columns, created));
    if (flags.role === 'member') await this.#warnWithoutCloud(flags.config);
    return created;
  }

  /** A member publishes what OpenStack says is its project's. */
  async #warnWithoutCloud(path: string | undefined): Promise<void> {
    const { config } = await this.loadConfig(path);
    const { memberWarning } = await import('../../compose/processes.ts');
    const warning = await memberWarning(config, process.env);
    if (warning !== undefined) this.complain(warning);
  }
}
