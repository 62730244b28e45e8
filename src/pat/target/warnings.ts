/** The sentences of warnings about servers and their security groups. Pure. */
import { list } from '../../core/errors/entry.ts';
import { type MissingAccess, missingText } from './security.ts';

/** Of a mapping whose server address no Neutron port has. */
export function addressWarning(serverIp: string): string {
  return `${serverIp} is not the address of a Neutron port on a network of the router: the mapping does not follow the server if its address changes`;
}

/** Takes the names of the security groups and the packets that they drop. */
export function droppedWarning(groups: readonly string[], missing: readonly MissingAccess[]): string {
  const dropped = missing.map(missingText).join(' and ');
  return (
    `the security groups of the server (${list(groups)}) drop ${dropped}: no ingress rule matches; ` +
    'add an ingress rule, or create the mapping again with --open-security-group'
  );
}

/** Takes why OpenStack did not list the security groups. */
export function uncheckedWarning(reason: string): string {
  return `cannot check the security groups of the server: ${reason}`;
}

/** Takes the security group rule that is still there, and why. */
export function ruleWarning(id: string, reason: string): string {
  return `security group rule ${id} was not removed: ${reason}; run \`openstack security group rule delete ${id}\``;
}

/** Takes the security group rules that are still there because some mappings cannot be read. */
export function unreadWarning(ids: readonly string[]): string {
  return `security group rules ${list(ids)} were not removed: mappings that cannot be read may use them; run \`praas pat list\` to see why`;
}
