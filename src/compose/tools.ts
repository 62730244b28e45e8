/** The programs that praas runs on a node. */
import type { Config } from '../system/config/keys.ts';

export function toolsOf({ backend }: Config): readonly string[] {
  const common = ['nsenter', 'setpriv', 'ip', 'ss', 'conntrack'];
  return [...common, ...(backend === 'iptables' ? ['iptables-save', 'iptables-restore'] : ['nft'])];
}
