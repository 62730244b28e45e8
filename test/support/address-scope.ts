/** Changes address scopes in a test world with Neutron's rules as the L3 agent does: rule by rule, in its own chains. */
import type { TestWorld } from './world.ts';

/** The mark of networks without a scope, and of the gateway in each test world. */
export const NO_SCOPE = 0x4000000;

/** Puts the network behind the router into the scope with this mark. */
export async function setScope({ run, names }: TestWorld, mark: number): Promise<void> {
  const name = names.insideInterface;
  const value = `0x${mark.toString(16)}/0xffff0000`;
  const first = ['-R', 'neutron-l3-agent-scope', '1'];
  await run('iptables', ['-t', 'mangle', ...first, '-i', name, '-j', 'MARK', '--set-xmark', value]);
  await run('iptables', [...first, '-o', name, '-m', 'mark', '!', '--mark', value, '-j', 'DROP']);
}
