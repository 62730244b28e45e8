/** What is installed where, and the steps that change it: `install`, `uninstall` (removal.ts) and `upgrade` (upgrade.ts). */
import type { Exec } from '../../system/exec.ts';
import { praasError } from '../errors.ts';
import { type DesiredFiles, planFiles } from './file-plan.ts';
import { type Inventory, readInventory } from './inventory.ts';
import { type InstallPaths, MONITOR_AGENT, PAT_AGENT, SERVICES, type ServiceName } from './paths.ts';
import type { Step, StepResult } from './step.ts';
import type { ServiceState, Systemd } from './systemd.ts';
import type { Tree } from './tree.ts';

export interface InstallationParts {
  readonly tree: Tree;
  readonly paths: InstallPaths;
  readonly systemd: Systemd;
  readonly exec: Exec;
  /** Programs that praas runs and that this node does not have, with their packages. */
  readonly missingTools: () => readonly { readonly tool: string; readonly package: string }[];
  /** Whether the conditions of a service are met; systemd skips the start of one whose conditions are not. */
  readonly isMeantToRun: (service: ServiceName) => Promise<boolean>;
  /** The package that owns a file; undefined for none. */
  readonly ownerOf: (path: string) => Promise<string | undefined>;
}

/** The system before anything is changed. */
export interface CurrentState {
  readonly inventory: Inventory | undefined;
  /** Whether systemd runs here and services are to be started. */
  readonly canStart: boolean;
  readonly states: ReadonlyMap<ServiceName, ServiceState>;
  /** Services that were not installed by praas: those of the Python version. */
  readonly pythonServices: readonly ServiceName[];
}

interface InstallOptions {
  readonly isStartRequested: boolean;
  /** A package has installed the files. */
  readonly isPackaged: boolean;
}

/** Reads what is installed and which services run. Throws INVENTORY_DAMAGED, TOOL_MISSING, TOOL_FAILED. */
export async function inspectSystem(parts: InstallationParts, isStartRequested: boolean): Promise<CurrentState> {
  const { tree, paths, systemd } = parts;
  const inventory = await readInventory(tree, paths);
  const isRunning = await systemd.isRunning();
  const states = new Map<ServiceName, ServiceState>();
  if (isRunning) for (const service of SERVICES) states.set(service, await systemd.state(service));
  const units = SERVICES.map((service) => [service, `${paths.units}/${service}`] as const);
  const pythonServices: ServiceName[] = [];
  for (const [service, path] of units) {
    const isInstalled = inventory !== undefined && (path in inventory.files || inventory.replaced[path] !== undefined);
    if (!isInstalled && (await tree.exists(path))) pythonServices.push(service);
  }
  return { inventory, canStart: isStartRequested && isRunning, states, pythonServices };
}

/** The steps to the desired files and running services; none when nothing is to be done. Throws as inspectSystem does. */
export async function planInstall(
  parts: InstallationParts,
  desired: DesiredFiles,
  { isStartRequested, isPackaged }: InstallOptions,
): Promise<readonly Step[]> {
  const { tree, paths, systemd } = parts;
  const before = await inspectSystem(parts, isStartRequested);
  const { steps, changed } = await planFiles(tree, paths, desired, before.inventory);
  const hasPythonServices = before.pythonServices.length > 0;
  const isEnabled = [...before.states.values()].every((state) => state.isEnabled);
  const isNew = before.inventory === undefined;
  // A service of a package that the administrator has disabled since stays disabled.
  const needsEnabling = isNew || (!isPackaged && before.states.size > 0 && !isEnabled);
  // A package has installed its files before this runs.
  const isRenewed = changed.length > 0 || isPackaged;
  const started = before.canStart ? await servicesToStart(parts, before, { isPackaged, isRenewed }) : [];
  const needed = [
    ...(hasPythonServices ? [stopPythonServices(systemd, before)] : []),
    ...steps,
    ...(before.states.size > 0 && isRenewed ? [reloadUnits(systemd)] : []),
    ...(needsEnabling ? [enable(systemd, before)] : []),
    ...startSteps(systemd, started),
    ...(hasPythonServices && before.canStart ? [importRules(parts)] : []),
  ];
  return needed.length === 0 ? [] : [checkPrerequisites(parts, before), ...needed];
}

/** All when their files change; else those that do not run although their conditions are met. */
async function servicesToStart(
  { isMeantToRun }: InstallationParts,
  { inventory, states }: CurrentState,
  { isPackaged, isRenewed }: { readonly isPackaged: boolean; readonly isRenewed: boolean },
): Promise<readonly ServiceName[]> {
  const enabled = SERVICES.filter((each) => !isPackaged || inventory === undefined || states.get(each)?.isEnabled);
  if (isRenewed) return enabled;
  const stopped = enabled.filter((service) => !states.get(service)?.isActive);
  const isMeant = await Promise.all(stopped.map(isMeantToRun));
  return stopped.filter((_, index) => isMeant[index]);
}

/** The first step, so the last that is undone: by then the files are as before, and the services that ran are started again. */
function checkPrerequisites({ missingTools, ownerOf, paths, systemd }: InstallationParts, before: CurrentState): Step {
  return {
    title: 'check the prerequisites of this node',
    async run() {
      const missing = before.canStart ? missingTools() : [];
      if (missing[0]) throw praasError('TOOL_MISSING', { tool: missing[0].tool, package: packagesOf(missing) });
      const owner = await ownerOf(paths.executable);
      if (owner !== undefined) throw praasError('INSTALLED_BY_PACKAGE', { path: paths.executable, package: owner });
      return restoringServices(systemd, before);
    },
  };
}

function packagesOf(missing: readonly { readonly package: string }[]): string {
  return [...new Set(missing.map((each) => each.package))].join(' ');
}

/** The result of a step before all changes: undone as the last one, it starts the services that ran before. */
export function restoringServices(systemd: Systemd, before: CurrentState): StepResult {
  return { undo: () => restoreServices(systemd, before), undoTitle: 'restart the services that ran before' };
}

/** Starts the services that ran before, once the files are as they were. */
async function restoreServices(systemd: Systemd, before: CurrentState): Promise<void> {
  if (before.states.size === 0) return;
  await systemd.daemonReload();
  await systemd.resetFailed(SERVICES);
  for (const [service, { isActive }] of before.states) if (isActive) await systemd.restartUninterrupted(service);
}

function stopPythonServices(systemd: Systemd, { pythonServices, states }: CurrentState): Step {
  const running = pythonServices.filter((service) => states.get(service)?.isActive);
  return {
    title: `stop ${pythonServices.join(' and ')} of the Python version (${pythonServices.length === 1 ? 'its' : 'their'} rules stay)`,
    async run() {
      if (running.length > 0) await systemd.stop(running);
      return running.length === 0 ? { note: 'not running' } : {};
    },
  };
}

function reloadUnits(systemd: Systemd): Step {
  return {
    title: 'reload the systemd units',
    async run() {
      await systemd.daemonReload();
      return {};
    },
  };
}

function enable(systemd: Systemd, { states }: CurrentState): Step {
  const disabled = SERVICES.filter((service) => !states.get(service)?.isEnabled);
  return {
    title: `enable ${SERVICES.join(' and ')} at boot`,
    async run() {
      await systemd.enable(SERVICES);
      return { undo: async () => (disabled.length > 0 ? systemd.disable(disabled) : undefined) };
    },
  };
}

/** One step for each service, in that order; it ends when the service is ready. */
export function startSteps(systemd: Systemd, started: readonly ServiceName[]): Step[] {
  return started.map((service) => start(systemd, service));
}

function start(systemd: Systemd, service: ServiceName): Step {
  return {
    title: `start ${service}`,
    async run(): Promise<StepResult> {
      const undo = (): Promise<void> => systemd.stop([service]);
      try {
        const isActive = await systemd.restart(service);
        return { note: isActive ? 'ready' : SKIPPED[service], undo };
      } catch (error) {
        await undo();
        throw error;
      }
    },
  };
}

const SKIPPED: Readonly<Record<ServiceName, string>> = {
  [PAT_AGENT]: 'skipped by systemd: its conditions are not met',
  [MONITOR_AGENT]: 'skipped: OpenStack is not configured',
};

/** The rules work without being mappings, so a failure of this step undoes nothing. */
function importRules({ exec, paths }: InstallationParts): Step {
  return {
    title: 'import the rules of the Python version as mappings',
    async run() {
      const { exitCode, stderr } = await exec({ file: paths.executable, args: ['pat', 'import'] });
      if (exitCode === 0) return {};
      return {
        note: `some rules were not imported and stay as they are: ${stderr.trim()}; run \`praas pat import\` to try again`,
      };
    },
  };
}
