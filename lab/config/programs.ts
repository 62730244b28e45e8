/** Programs of the lab's own that stand before, or in place of, those of the packages. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { STATE } from '../place.ts';

/** Entry points of services whose own packages would bring a hypervisor or systemd along, and two programs that work. */
export function writePrograms(): void {
  const entries = {
    'nova-compute': 'nova.cmd.compute',
    'nova-conductor': 'nova.cmd.conductor',
    'nova-scheduler': 'nova.cmd.scheduler',
    'glance-api': 'glance.cmd.api',
  };
  for (const [name, module] of Object.entries(entries)) {
    program(name, `#!/usr/bin/python3\nfrom ${module} import main\nmain()\n`);
  }
  program('ebtables', textOf('ebtables.sh'));
  program('neutron-keepalived-state-change', textOf('keepalived-state-change.py'));
}

function textOf(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
}

function program(name: string, text: string): void {
  writeFileSync(`${STATE}/bin/${name}`, text);
  chmodSync(`${STATE}/bin/${name}`, 0o755);
}
