import { ROOT } from '../../core/identity/requester.ts';
import type { RouterDetails } from '../../pat/router/view.ts';
import { outputFlags } from '../flags.ts';
import { type Column, renderRecord } from '../output/rows.ts';
import { routerArg } from '../pat/flags.ts';
import { ServiceCommand } from '../service-command.ts';

const COLUMNS: readonly Column<RouterDetails>[] = [
  { title: 'Router ID', value: (router) => router.router_id },
  { title: 'Name', value: (router) => router.name },
  { title: 'Project ID', value: (router) => router.project_id },
  { title: 'Namespace', value: (router) => router.namespace },
  { title: 'Gateway IPs', value: (router) => router.gateway_ips },
  { title: 'Networks', value: (router) => router.networks },
  { title: 'Mappings', value: (router) => router.mappings },
  { title: 'Mappings In Kernel', value: (router) => router.mappings_in_kernel },
  { title: 'Free TCP Ports', value: (router) => router.free_ports.tcp },
  { title: 'Free UDP Ports', value: (router) => router.free_ports.udp },
  { title: 'Used TCP Ports', value: (router) => router.used_ports.tcp },
  { title: 'Used UDP Ports', value: (router) => router.used_ports.udp },
  { title: 'Unmanaged', value: (router) => router.unmanaged.join('\n') },
  { title: 'Drift', value: ({ drift }) => driftText(drift) },
];

export default class RouterShow extends ServiceCommand {
  static override summary = 'show a router: addresses, ports, unmanaged rules, drift';
  static override description =
    'Unmanaged lists the rules and listening processes that praas does not manage and that use ports of the gateway address. ' +
    'Drift lists the mappings whose rules are missing in the kernel, and rules of praas without a mapping.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> qrouter-6f1c0d5e-93a5-4b6e-8f0a-1f5a4be0c1de',
    '<%= config.bin %> <%= command.id %> edge -f value -c Unmanaged',
  ];
  static override args = { router: routerArg({ required: true }) };
  static override flags = { ...outputFlags };

  protected override readonly work = 'query';

  async run(): Promise<RouterDetails> {
    const { args, flags } = await this.parse(RouterShow);
    const columns = this.choose(COLUMNS, flags.column);
    this.requireRootHere(flags);
    const router = await this.withPraas(flags, (praas) => praas.routers.show(args.router, ROOT));
    for (const warning of router.warnings) this.complain(warning);
    this.print(await renderRecord(flags.format, columns, router));
    return router;
  }
}

/** One mapping per line; empty without drift. */
function driftText({ missing, unexpected }: RouterDetails['drift']): string {
  return [...missing.map((id) => `missing ${id}`), ...unexpected.map((id) => `unexpected ${id}`)].join('\n');
}
