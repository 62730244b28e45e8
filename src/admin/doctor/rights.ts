/** Whether this process is allowed to change routers. */
import { failed, type Judgement, ok } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';

/** Numbers of <linux/capability.h>. */
const NEEDED = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n } as const;
const GRANT = 'Grant these capabilities to the container or service that runs praas.';

/** `status` gives /proc/self/status. */
export function rightsCheck(isRoot: boolean, status: () => Promise<string>): DoctorCheck {
  return {
    group: 'rights',
    name: 'root',
    async run() {
      if (!isRoot) return [failed('root', 'not running as root: routers cannot be changed', 'Run it again with sudo.')];
      return [ok('root', 'running as root'), judgeCapabilities(await status())];
    },
  };
}

export function judgeCapabilities(status: string): Judgement {
  const [, hex = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  const effective = BigInt(`0x${hex}`);
  const missing = Object.entries(NEEDED).flatMap(([name, bit]) => ((effective >> bit) & 1n ? [] : [name]));
  if (missing.length > 0) return failed('capabilities', `missing: ${missing.join(', ')}`, GRANT);
  return ok('capabilities', Object.keys(NEEDED).join(', '));
}
