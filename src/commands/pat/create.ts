import { Flags } from '@oclif/core';
import { parseInput } from '../../core/values/input.ts';
import { PROTOCOLS, type Protocol } from '../../pat/mapping/mapping.ts';
import { MappingRequest } from '../../pat/mapping/request.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import { anyCase, expiresFlag, ipv4Flag, outputFlags, portFlag } from '../flags.ts';
import { EXPIRY_FORMS } from '../output/expiry.ts';
import { allowFlag, anyRouterFlag, dryRunFlag, forceFlag, MASQUERADE_TEXT, masqueradeFlag } from './flags.ts';
import { MappingCommand, type Preview } from './mapping-command.ts';

export default class PatCreate extends MappingCommand {
  static override summary = "publish a port of a server on its router's gateway address";
  static override description =
    'Returns when the rules are in the kernel. Without --router-port the mapping gets the next free port of ' +
    'router_port_range. TCP and UDP on the same port are two mappings.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --server web --port 22',
    '<%= config.bin %> <%= command.id %> --router edge --server web --port 443 --os-cloud demo --url https://node:3000',
    '<%= config.bin %> <%= command.id %> --router qrouter-6f1c0d5e-93a5-4b6e-8f0a-1f5a4be0c1de --server-ip 10.20.0.51 --port 22',
    '<%= config.bin %> <%= command.id %> -r edge --server-ip 10.20.0.51 --port 53 --protocol udp --router-port 4053 --name dns --allow 198.51.100.0/24 --allow 192.0.2.7 --expires 8h',
    '<%= config.bin %> <%= command.id %> -r edge --server-ip 10.20.0.51 --port 80 -f value -c "Router Port"',
  ];
  static override flags = {
    router: anyRouterFlag({ env: 'PRAAS_ROUTER' }),
    server: Flags.string({
      char: 's',
      description: 'server name or UUID',
      helpValue: 'SERVER',
    }),
    'port-id': Flags.string({ description: 'UUID of the Neutron port, if the server has several', helpValue: 'UUID' }),
    'server-ip': ipv4Flag({ description: 'server address, if it has several or OpenStack does not know it' }),
    port: portFlag({ char: 'p', required: true, description: 'server port' }),
    protocol: Flags.custom<Protocol>({ ...anyCase(PROTOCOLS), default: 'tcp', description: 'protocol' })(),
    'router-port': portFlag({ description: 'port on the gateway address (default: next free port)' }),
    gateway: ipv4Flag({ description: "address to publish on (default: the router's gateway address)" }),
    name: Flags.string({ description: 'display name' }),
    description: Flags.string({ description: 'description' }),
    allow: allowFlag(),
    expires: expiresFlag({ description: `when the mapping expires: ${EXPIRY_FORMS} (default: never)` }),
    masquerade: masqueradeFlag({ description: `${MASQUERADE_TEXT} (default: masquerade in praas.conf)` }),
    disable: Flags.boolean({ description: 'create the mapping without publishing the port' }),
    'open-security-group': Flags.boolean({
      description:
        'add the missing rules to a security group of the server; they follow the mapping until it is deleted',
    }),
    'dry-run': dryRunFlag,
    force: forceFlag,
    ...outputFlags,
  };

  async run(): Promise<MappingView | Preview> {
    const { flags } = await this.parse(PatCreate);
    if ([flags.server, flags['port-id'], flags['server-ip']].every((each) => each === undefined))
      this.misuse('--server, --port-id or --server-ip is required');
    const request = parseInput(MappingRequest, {
      ...flags.router,
      ...(flags.server !== undefined && { server: flags.server }),
      ...(flags['port-id'] !== undefined && { port_id: flags['port-id'] }),
      ...(flags['server-ip'] !== undefined && { server_ip: flags['server-ip'] }),
      ...(flags['open-security-group'] && { open_security_group: true }),
      server_port: flags.port,
      protocol: flags.protocol,
      enabled: !flags.disable,
      ...(flags['router-port'] !== undefined && { router_port: flags['router-port'] }),
      ...(flags.gateway !== undefined && { gateway_ip: flags.gateway }),
      ...(flags.name !== undefined && { name: flags.name }),
      ...(flags.description !== undefined && { description: flags.description }),
      ...(flags.allow !== undefined && { allowed_cidrs: flags.allow }),
      ...(flags.expires !== undefined && { expires_at: flags.expires.at }),
      ...(flags.masquerade !== undefined && { masquerade: flags.masquerade }),
    });
    return this.change(flags, (pat, options) => pat.create(request, options));
  }
}
