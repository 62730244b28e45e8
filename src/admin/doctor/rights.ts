/** Whether whoever runs praas here may change routers. */
import type { Check } from './examine.ts';
import { type Judgement, ok, wrong } from './report.ts';

/** Numbers of <linux/capability.h>. */
const NEEDED = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n } as const;
const SUDO = 'Run it with sudo; in a container, give it these capabilities.';

/** `status` gives /proc/self/status. */
export function rightsCheck(isRoot: boolean, status: () => Promise<string>): Check {
  return {
    group: 'rights',
    name: 'root',
    async run() {
      if (!isRoot) return [wrong('root', 'this is not root, who alone may change routers', 'Run it with sudo.')];
      return [ok('root', 'this is root'), judgeCapabilities(await status())];
    },
  };
}

export function judgeCapabilities(status: string): Judgement {
  const [, hex = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  const held = BigInt(`0x${hex}`);
  const missing = Object.entries(NEEDED).flatMap(([name, bit]) => ((held >> bit) & 1n ? [] : [name]));
  if (missing.length > 0) return wrong('capabilities', `${missing.join(' and ')} are missing`, SUDO);
  return ok('capabilities', Object.keys(NEEDED).join(' and '));
}
