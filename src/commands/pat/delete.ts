import { Args, Flags } from '@oclif/core';
import { endpointKey } from '../../pat/forward.ts';
import type { Mapping } from '../../pat/mapping.ts';
import { PraasCommand } from '../base.ts';
import { checkFlags, routerFlag } from '../flags.ts';
import { confirm } from '../../output/confirm.ts';

interface Preview {
  readonly mappings: readonly Mapping[];
  readonly script: string;
}

export default class PatDelete extends PraasCommand {
  static override summary = 'withdraw mappings';
  static override description =
    'Closes the ports and ends the connections that go through them. All IDs are checked before anything is withdrawn.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0b0e0a52',
    '<%= config.bin %> <%= command.id %> --router edge --all --yes',
  ];
  static override strict = false;
  static override args = {
    id: Args.string({ description: 'IDs of mappings, or the beginnings of them' }),
  };
  static override flags = {
    router: routerFlag({ dependsOn: ['all'], description: 'with --all: the router whose mappings go' }),
    all: Flags.boolean({ dependsOn: ['router'], description: 'withdraw all mappings of the router' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
    ...checkFlags,
  };

  async run(): Promise<readonly Mapping[] | Preview> {
    const { argv, flags } = await this.parse(PatDelete);
    const ids = argv as string[];
    if (ids.length === 0 && !flags.all) this.misuse('Name the mappings to withdraw, or --router and --all.');
    if (ids.length > 0 && flags.all) this.misuse('Give either IDs or --all.');
    this.requireRoot();
    return this.withPraas(flags.config, async ({ pat }) => {
      const chosen = flags.all && flags.router ? await this.#allOf(flags.router, (filter) => pat.list(filter)) : ids;
      if (flags.all && !flags.yes && !flags['dry-run'] && chosen.length > 0) {
        const answer = await confirm(`Withdraw ${chosen.length} mapping(s) of router ${flags.router}?`);
        if (answer === undefined) this.misuse('There is no terminal to ask on; use --yes.');
        if (!answer) return this.exit(1);
      }
      const options = { force: flags.force, dry_run: flags['dry-run'] };
      const { value, warnings, script } = await pat.delete(chosen, options);
      for (const warning of warnings) this.complain(warning);
      if (script !== undefined) {
        this.log(script.trimEnd() || 'No rule would change.');
        return { mappings: value, script };
      }
      for (const mapping of value) this.log(`Withdrawn: ${mapping.id} (${endpointKey(mapping)})`);
      return value;
    });
  }

  async #allOf(
    router_id: string,
    list: (filter: { router_id: string }) => Promise<{ mappings: readonly Mapping[]; failures: readonly Error[] }>,
  ): Promise<string[]> {
    const { mappings, failures } = await list({ router_id });
    if (failures[0] !== undefined) throw failures[0];
    return mappings.map(({ id }) => id);
  }
}
