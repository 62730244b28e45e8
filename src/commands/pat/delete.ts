import { Flags } from '@oclif/core';
import type { Praas } from '../../compose/praas.ts';
import { ROOT } from '../../core/identity/requester.ts';
import { counted } from '../../core/values/counted.ts';
import { endpointKey } from '../../pat/mapping/forward.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import { confirm } from '../output/confirm.ts';
import { ServiceCommand } from '../service-command.ts';
import { dryRunFlag, forceUnknownFlag, mappingArg, routerFlag } from './flags.ts';

interface Preview {
  readonly mappings: readonly MappingView[];
  readonly script: string;
}

export default class PatDelete extends ServiceCommand {
  static override summary = 'delete mappings';
  static override description =
    'Closes the ports and ends the connections through them. All IDs are resolved before anything is deleted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0b0e0a52',
    '<%= config.bin %> <%= command.id %> 0b0e0a52 5f6c9d3e --dry-run',
    '<%= config.bin %> <%= command.id %> --router edge --all --yes',
  ];
  static override strict = false;
  static override args = {
    id: mappingArg({ description: 'mapping IDs, or unambiguous prefixes of them' }),
  };
  static override flags = {
    router: routerFlag({ dependsOn: ['all'], description: 'router whose mappings are deleted, with --all' }),
    all: Flags.boolean({
      dependsOn: ['router'],
      description: 'delete all mappings of the router, after a confirmation',
    }),
    yes: Flags.boolean({ char: 'y', description: 'skip the confirmation' }),
    'dry-run': dryRunFlag,
    force: forceUnknownFlag,
  };

  async run(): Promise<readonly MappingView[] | Preview> {
    const { argv, flags } = await this.parse(PatDelete);
    const ids = argv.map(String);
    if (ids.length === 0 && !flags.all) this.misuse('ID is required, or --all with --router');
    if (ids.length > 0 && flags.all) this.misuse('ID and --all are mutually exclusive');
    this.requireRootHere(flags);
    return this.withPraas(flags, async (praas) => {
      const chosen = flags.router === undefined ? ids : await this.#allOf(flags.router, praas);
      if (flags.all && !flags.yes && !flags['dry-run']) await this.#ask(chosen.length, String(flags.router), praas);
      const { value, warnings, script, failures } = await praas.pat.delete(chosen, {
        requester: ROOT,
        force: flags.force,
        dryRun: flags['dry-run'],
      });
      for (const warning of warnings) this.complain(warning);
      for (const failure of failures) this.tellFailure(failure);
      if (script !== undefined) {
        this.print(script.trimEnd() || 'No rules would change.');
        return { mappings: value, script };
      }
      if (value.length === 0) this.print(`Nothing to delete: router ${flags.router} has no mappings.`);
      for (const mapping of value) this.print(`Deleted: ${mapping.id} (${endpointKey(mapping)})`);
      return value;
    });
  }

  /** Returns on a yes; anything else ends the command with nothing changed. */
  async #ask(count: number, router: string, { interruption }: Praas): Promise<void> {
    if (count === 0) return;
    const answer = await confirm(`Delete ${counted(count, 'mapping')} of router ${router}?`, interruption.abortSignal);
    if (answer === undefined) this.misuse('the confirmation needs a terminal; use --yes');
    if (!answer) this.exit(1);
  }

  async #allOf(routerId: string, { pat }: Praas): Promise<string[]> {
    const { mappings, failures } = await pat.list({ router_id: routerId }, ROOT);
    if (failures[0] !== undefined) throw failures[0];
    return mappings.map(({ id }) => id);
  }
}
