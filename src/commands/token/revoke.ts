import { Args } from '@oclif/core';
import type { Token } from '../../core/identity/token.ts';
import { TokenCommand } from '../token-command.ts';

export default class TokenRevoke extends TokenCommand {
  static override summary = 'end API tokens';
  static override description =
    'They stop working with the next request, without a restart of the daemon. All are looked up before any is revoked.';
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
    if (argv.length === 0) this.misuse('Name the tokens to revoke.');
    const tokens = await this.tokens(flags.config);
    const revoked = await tokens.revoke(argv.map(String));
    for (const { id, name } of revoked) this.print(`Revoked: ${name} (${id})`);
    return revoked;
  }
}
