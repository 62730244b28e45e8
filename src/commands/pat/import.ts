import type { Praas } from '../../compose/praas.ts';
import { isPraasError } from '../../core/errors/errors.ts';
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import { outputFlags } from '../flags.ts';
import { isDataFormat, renderData, renderList } from '../output/rows.ts';
import { ServiceCommand } from '../service-command.ts';
import { dryRunFlag, forceUnknownFlag, routerFlag } from './flags.ts';
import { IMPORT_COLUMNS, type RouterRule } from './import-columns.ts';

interface Preview {
  readonly rules: readonly RouterRule[];
  readonly script: string;
}

interface Imported {
  readonly rules: readonly RouterRule[];
  readonly scripts: readonly string[];
}

export default class PatImport extends ServiceCommand {
  static override summary = 'import existing DNAT rules as mappings';
  static override description =
    'Replaces each DNAT rule of the chain custom-PREROUTING, and its MASQUERADE rule, by a mapping with the same port. No ' +
    'packet is lost and connections continue. A rule that cannot be expressed as a mapping stays, and the result says why. ' +
    'A second run changes nothing.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --router qrouter-6f1c0d5e-93a5-4b6e-8f0a-1f5a4be0c1de',
    '<%= config.bin %> <%= command.id %> --router edge --router west -f csv',
  ];
  static override flags = {
    router: routerFlag({
      multiple: true,
      multipleNonGreedy: true,
      description: 'router whose rules are imported (repeatable; default: all routers of this node)',
    }),
    'dry-run': dryRunFlag,
    force: forceUnknownFlag,
    ...outputFlags,
  };

  async run(): Promise<readonly RouterRule[] | Preview> {
    const { flags } = await this.parse(PatImport);
    const columns = this.choose(IMPORT_COLUMNS, flags.column);
    this.requireRootHere(flags);
    const options = { requester: ROOT, dryRun: flags['dry-run'], force: flags.force };
    const { rules, scripts } = await this.withPraas(flags, async (praas) =>
      this.#importAll(await this.#routers(flags.router, praas), praas, options),
    );
    const preview = { rules, script: scripts.join('\n') };
    const { format } = flags;
    if (options.dryRun && isDataFormat(format)) this.print(await renderData(format, preview));
    else if (rules.length > 0 || format !== 'table') this.print(await renderList(format, columns, rules));
    else this.print('No existing DNAT rules found.');
    if (!options.dryRun) return rules;
    if (format === 'table' && rules.length > 0) this.print(preview.script.trimEnd() || 'No rules would change.');
    return preview;
  }

  async #routers(named: readonly string[] | undefined, { routers }: Praas): Promise<readonly string[]> {
    if (named !== undefined) return [...new Set(named)];
    const { routers: found, failures } = await routers.list(ROOT);
    for (const failure of failures) this.tellFailure(failure);
    return found.map(({ router_id }) => router_id);
  }

  /** A router that fails does not keep the others from it. Throws when all fail. */
  async #importAll(
    routerIds: readonly string[],
    { imports }: Praas,
    options: { readonly requester: Requester; readonly dryRun: boolean; readonly force: boolean },
  ): Promise<Imported> {
    const done: Imported[] = [];
    const failures: Error[] = [];
    for (const routerId of routerIds) {
      try {
        const { value, warnings, script } = await imports.importRules(routerId, options);
        for (const warning of warnings) this.complain(warning);
        done.push({ rules: value.map((rule) => ({ router_id: routerId, ...rule })), scripts: script ? [script] : [] });
      } catch (error) {
        if (!isPraasError(error)) throw error;
        failures.push(error);
      }
    }
    if (done.length === 0 && failures[0] !== undefined) throw failures[0];
    for (const failure of failures) this.tellFailure(failure);
    return { rules: done.flatMap(({ rules }) => rules), scripts: done.flatMap(({ scripts }) => scripts) };
  }
}
