import type { Synced } from '../../pat/change/change.ts';
import { dryRunFlag, forceUnknownFlag, routerArg } from '../flags.ts';
import { ServiceCommand } from '../service-command.ts';

type RouterSynced = Synced & { readonly router_id: string; readonly script?: string };

export default class RouterSync extends ServiceCommand {
  static override summary = "make a router's rules equal to the stored mappings";
  static override description =
    'Repairs what somebody else changed, takes away what has expired, and finishes what a killed command began.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> qrouter-6f1c0d5e-93a5-4b6e-8f0a-1f5a4be0c1de',
    '<%= config.bin %> <%= command.id %> edge --dry-run',
  ];
  static override args = { router: routerArg({ required: true }) };
  static override flags = { 'dry-run': dryRunFlag, force: forceUnknownFlag };

  async run(): Promise<RouterSynced> {
    const { args, flags } = await this.parse(RouterSync);
    this.requireRootHere(flags);
    const router_id = args.router;
    const options = { force: flags.force, dry_run: flags['dry-run'] };
    const { value, warnings, script } = await this.withPraas(flags, ({ pat }) => pat.sync(router_id, options));
    for (const warning of warnings) this.complain(warning);
    const moved = value.moved > 0 ? `, ${value.moved} moved with the gateway` : '';
    const done = `Router ${router_id}: ${value.added} mapping(s) put in place, ${value.removed} taken away${moved}.`;
    this.print(script === undefined ? done : script.trimEnd() || 'No rule would change.');
    return { router_id, ...value, ...(script !== undefined && { script }) };
  }
}
