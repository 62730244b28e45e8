/** The catalogue of the administrator's tools: what can fail while praas is installed, upgraded, removed or demonstrated. */
import { entry } from '../core/errors/entry.ts';
import { CORE_ERRORS } from '../core/errors/errors.ts';
import { errorsOf } from '../core/errors/praas-error.ts';

export const ADMIN_ERRORS = {
  INSTALL_FAILED: entry(
    'External',
    (f: { step: string; reason: string; left: readonly string[] }) =>
      `could not ${f.step}: ${f.reason}; ` +
      (f.left.length === 0
        ? 'all changes were undone'
        : `undo failed: ${f.left.join('; ')}; all other changes were undone`),
    () => ['Correct the cause and run the same command again.'],
  ),
  IMAGE_LINK: entry(
    'External',
    (f: { link: string; root: string; reason: string }) =>
      `cannot follow the link ${f.link} within ${f.root}: ${f.reason}`,
    (f) => [`Create what ${f.link} names in ${f.root}, or put a directory in its place.`],
  ),
  NOT_INSTALLED: entry(
    'NotFound',
    (f: { path: string }) => `praas is not installed: ${f.path} not found`,
    () => ['Run `sudo ./praas install`, or name the directory of the installation with --prefix.'],
  ),
  INSTALLED_BY_PACKAGE: entry(
    'Conflict',
    (f: { path: string; package: string }) => `praas is already installed: the package ${f.package} owns ${f.path}`,
    (f) => [`Install a newer package with \`apt install\`, or run \`apt remove ${f.package}\` first.`],
  ),
  INVENTORY_DAMAGED: entry(
    'External',
    (f: { path: string }) => `the list of installed files ${f.path} is damaged`,
    (f) => [`Remove ${f.path} and run \`praas install\`, which creates it again.`],
  ),
  NOT_AN_EXECUTABLE: entry(
    'Invalid',
    (f: { path: string }) => `cannot install ${f.path}: it is not the executable of praas`,
    () => ['Run `make build`, then `sudo build/praas install`.'],
  ),
  NOT_A_PRAAS: entry(
    'Invalid',
    (f: { path: string; reason: string }) => `cannot upgrade to ${f.path}: ${f.reason}`,
    () => ['Name an executable of praas for this architecture; nothing was changed.'],
  ),
  CONFIG_REJECTED: entry(
    'Invalid',
    (f: { version: string; reason: string }) => `praas ${f.version} rejects the configuration: ${f.reason}`,
    () => ['Correct praas.conf, then run the same command again.'],
  ),
  SERVICE_NOT_READY: entry(
    'External',
    (f: { service: string; journal: string }) =>
      `${f.service} did not become ready${f.journal === '' ? '' : `:\n  ${f.journal.replaceAll('\n', '\n  ')}`}`,
    (f) => [`Run \`journalctl -u ${f.service}\` for details, and \`praas doctor\` to find the cause.`],
  ),
  DEMO_RUNNING: entry(
    'Conflict',
    (f: { path: string }) => `another demonstration is running on this machine (${f.path} is locked)`,
    () => ['Wait until it has ended, which takes less than a minute.'],
  ),
  DEMO_FAILED: entry(
    'External',
    (f: { step: string; output: string }) => `the demonstration failed: ${f.step}: ${f.output}`,
    () => ['Run `praas doctor` to find the cause; everything that the demonstration created was removed.'],
  ),
} as const;

const CATALOGUE = { ...CORE_ERRORS, ...ADMIN_ERRORS } as const;

export const { praasError, isPraasError } = errorsOf(CATALOGUE);
