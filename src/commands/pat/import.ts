import type { Praas } from '../../compose/praas.ts';
import { isPraasError } from '../../core/errors/errors.ts';
import { dryRunFlag, forceUnknownFlag, outputFlags, routerFlag } from '../flags.ts';
import { IMPORT_COLUMNS, type RouterRule } from '../output/import-columns.ts';
import { isDataFormat, renderData, renderList } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';

interface Preview {
  readonly rules: readonly RouterRule[];
  readonly script: string;
}

interface Found {
  readonly rules: readonly RouterRule[];
  readonly scripts: readonly string[];
}

export default class PatImport extends ServiceCommand {
  static override summary = 'take over rules of others in custom-PREROUTING as mappings';
  static override description =
    'Each rule that a mapping can say becomes one, with the same port, and goes, with the MASQUERADE rule that served it; no ' +
    'packet is lost, connections stay. Rules that cannot be said as a mapping are left alone, with the reason. Doing it again ' +
    'changes nothing.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --router qrouter-6f1c0d5e-93a5-4b6e-8f0a-1f5a4be0c1de',
    '<%= config.bin %> <%= command.id %> --router edge --router west -f csv',
  ];
  static override flags = {
    router: routerFlag({
      multiple: true,
      multipleNonGreedy: true,
      description: 'router whose rules are taken over; repeat it for several (default: all of this node)',
    }),
    'dry-run': dryRunFlag,
    force: forceUnknownFlag,
    ...outputFlags,
  };

  async run(): Promise<readonly RouterRule[] | Preview> {
    const { flags } = await this.parse(PatImport);
    const columns = this.choose(IMPORT_COLUMNS, flags.column);
    this.requireRootHere(flags);
    const options = { dry_run: flags['dry-run'], force: flags.force };
    const { rules, scripts } = await this.withPraas(flags, async (praas) =>
      this.#importAll(await this.#routers(flags.router, praas), praas, options),
    );
    const preview = { rules, script: scripts.join('\n') };
    const { format } = flags;
    if (options.dry_run && isDataFormat(format)) this.print(await renderData(format, preview));
    else if (rules.length > 0 || format !== 'table') this.print(await renderList(format, columns, rules));
    else this.print('There are no rules of others in custom-PREROUTING.');
    if (!options.dry_run) return rules;
    if (format === 'table' && rules.length > 0) this.print(preview.script.trimEnd() || 'No rule would change.');
    return preview;
  }

  async #routers(named: readonly string[] | undefined, { routers }: Praas): Promise<readonly string[]> {
    if (named !== undefined) return [...new Set(named)];
    const { routers: found, failures } = await routers.list();
    for (const failure of failures) this.#fail(failure);
    return found.map(({ router_id }) => router_id);
  }

  /** A router that fails does not keep the others from it. Throws when none could be done. */
  async #importAll(
    routerIds: readonly string[],
    { imports }: Praas,
    options: { readonly dry_run: boolean; readonly force: boolean },
  ): Promise<Found> {
    const done: Found[] = [];
    const failures: Error[] = [];
    for (const router_id of routerIds) {
      try {
        const { value, warnings, script } = await imports.takeOver(router_id, options);
        for (const warning of warnings) this.complain(warning);
        done.push({ rules: value.map((rule) => ({ router_id, ...rule })), scripts: script ? [script] : [] });
      } catch (error) {
        if (!isPraasError(error)) throw error;
        failures.push(error);
      }
    }
    if (done.length === 0 && failures[0] !== undefined) throw failures[0];
    for (const failure of failures) this.#fail(failure);
    return { rules: done.flatMap(({ rules }) => rules), scripts: done.flatMap(({ scripts }) => scripts) };
  }

  #fail({ message }: Error): void {
    this.complain(message);
    process.exitCode = 1;
  }
}
