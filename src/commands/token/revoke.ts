import { Args } from '@oclif/core';
import type { Token } from '../../core/identity/token.ts';
import { TokenCommand } from '../token-command.ts';

export default class TokenRevoke extends TokenCommand {
  static override summary = 'revoke API tokens';
  static override description =
    'They are refused from the next request on, without a restart of the daemon. When one of the tokens is not found, none is ' +
    'revoked.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> ci',
    '<%= config.bin %> <%= command.id %> shop 0b0e0a52-7c1d-4f4e-9a50-3d1f0c9e8b7a',
  ];
  static override strict = false;
  static override args = {
    token: Args.string({ description: 'names or IDs of tokens', ignoreStdin: true }),
  };

  async run(): Promise<readonly Token[]> {
    const { argv, flags } = await this.parse(TokenRevoke);
    if (argv.length === 0) this.misuse('TOKEN is required');
    const tokens = await this.tokens(flags.config);
    const revoked = await tokens.revoke(argv.map(String));
    for (const { id, name } of revoked) this.print(`Revoked: ${name} (${id})`);
    return revoked;
  }
}
