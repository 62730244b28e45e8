/** The catalogue of the administrator's tools: what can go wrong while praas is installed, upgraded, taken away or shown. */
import { entry } from '../core/errors/entry.ts';
import { CORE_ERRORS } from '../core/errors/errors.ts';
import { type CodeOf, errorsOf, type FactsOf } from '../core/errors/praas-error.ts';

export const ADMIN_ERRORS = {
  INSTALL_FAILED: entry(
    'External',
    (f: { step: string; reason: string; left: readonly string[] }) =>
      `could not ${f.step}: ${f.reason}` +
      (f.left.length === 0
        ? '; everything is as it was before'
        : `; what was done has been undone, but for: ${f.left.join('; ')}`),
    () => ['Put right what it says, and run the same command again.'],
  ),
  NOT_INSTALLED: entry(
    'NotFound',
    (f: { path: string }) => `there is no installation of praas: ${f.path} is missing`,
    () => ['Install it first: `sudo ./praas install`; one under another directory is named by --prefix.'],
  ),
  INSTALLED_BY_PACKAGE: entry(
    'Conflict',
    (f: { path: string; package: string }) => `praas is installed by the package ${f.package}, which owns ${f.path}`,
    (f) => [`Use the package: \`apt install\` a newer one, or \`apt remove ${f.package}\` first.`],
  ),
  INVENTORY_DAMAGED: entry(
    'External',
    (f: { path: string }) => `the list of what was installed, ${f.path}, cannot be understood`,
    (f) => [`Remove ${f.path} and run \`praas install\`, which makes it anew.`],
  ),
  NOT_AN_EXECUTABLE: entry(
    'Invalid',
    (f: { path: string }) => `${f.path} is not the executable of praas, and cannot be installed`,
    () => ['Build it with `make build`, and run `sudo build/praas install`.'],
  ),
  NOT_A_PRAAS: entry(
    'Invalid',
    (f: { path: string; reason: string }) => `${f.path} cannot take the place of this praas: ${f.reason}`,
    () => ['Nothing was changed. Name an executable of praas for this kind of machine.'],
  ),
  SERVICE_NOT_READY: entry(
    'External',
    (f: { service: string; journal: string }) =>
      `${f.service} did not become ready${f.journal === '' ? '' : `:\n  ${f.journal.replaceAll('\n', '\n  ')}`}`,
    (f) => [`\`journalctl -u ${f.service}\` has the whole story; \`praas doctor\` looks for reasons.`],
  ),
  DEMO_RUNNING: entry(
    'Conflict',
    (f: { path: string }) => `another demonstration is running on this machine (${f.path} is locked)`,
    () => ['Wait until it is done: it takes less than a minute.'],
  ),
  DEMO_FAILED: entry(
    'External',
    (f: { step: string; output: string }) => `the demonstration stopped at: ${f.step}: ${f.output}`,
    () => ['Everything that it made has been taken away again.'],
  ),
} as const;

const CATALOGUE = { ...CORE_ERRORS, ...ADMIN_ERRORS } as const;

export type AdminCode = CodeOf<typeof ADMIN_ERRORS>;
export type AdminFacts<C extends AdminCode> = FactsOf<typeof ADMIN_ERRORS, C>;
export const { praasError, isPraasError } = errorsOf(CATALOGUE);
