/** What can go wrong while praas is installed, takes over, is upgraded or taken away. Part of the catalogue (errors.ts). */
import { entry } from './error-entry.ts';

export const INSTALL_ERRORS = {
  INSTALL_FAILED: entry(
    'External',
    (f: { step: string; reason: string; left: readonly string[] }) =>
      `could not ${f.step}: ${f.reason}` +
      (f.left.length === 0
        ? '; everything is as it was before'
        : `; what was done has been undone, but for: ${f.left.join('; ')}`),
    () => ['Put right what it says, and run the same command again.'],
  ),
  IMPORT_UNFINISHED: entry(
    'External',
    (f: { router: string; reason: string }) =>
      `rules of router ${f.router} are being taken over, and that did not come to its end: ${f.reason}; ` +
      'its mappings are stored, and no port was closed',
    () => ['Put right what it says, and run `praas pat import` again. The PAT agent finishes it by itself.'],
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
} as const;
