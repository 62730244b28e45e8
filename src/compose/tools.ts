/** The programs that praas runs on a node. */
import type { Config } from './config.ts';

export function toolsOf({ backend }: Config): readonly string[] {
  const common = ['nsenter', 'setpriv', 'ip', 'ss', 'conntrack'];
  return [...common, ...(backend === 'iptables' ? ['iptables-save', 'iptables-restore'] : ['nft'])];
}
