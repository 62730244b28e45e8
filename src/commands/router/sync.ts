import { ROOT } from '../../core/identity/requester.ts';
import type { Synced } from '../../pat/change/change.ts';
import { dryRunFlag, forceUnknownFlag, routerArg } from '../pat/flags.ts';
import { ServiceCommand } from '../service-command.ts';

type RouterSynced = Synced & { readonly router_id: string; readonly script?: string };

export default class RouterSync extends ServiceCommand {
  static override summary = "reconcile a router's rules with the stored mappings";
  static override description =
    'Repairs drift, removes the rules of expired mappings, and completes interrupted changes.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> qrouter-6f1c0d5e-93a5-4b6e-8f0a-1f5a4be0c1de',
    '<%= config.bin %> <%= command.id %> edge --dry-run',
  ];
  static override args = { router: routerArg({ required: true }) };
  static override flags = { 'dry-run': dryRunFlag, force: forceUnknownFlag };

  async run(): Promise<RouterSynced> {
    const { args, flags } = await this.parse(RouterSync);
    this.requireRootHere(flags);
    const routerId = args.router;
    const options = { requester: ROOT, force: flags.force, dryRun: flags['dry-run'] };
    const { value, warnings, script } = await this.withPraas(flags, ({ pat }) => pat.sync(routerId, options));
    for (const warning of warnings) this.complain(warning);
    const moved = value.moved > 0 ? `, ${value.moved} moved to the new gateway address` : '';
    const done = `Router ${routerId} synced: ${value.added} added, ${value.removed} removed${moved}.`;
    this.print(script === undefined ? done : script.trimEnd() || 'No rules would change.');
    return { router_id: routerId, ...value, ...(script !== undefined && { script }) };
  }
}
