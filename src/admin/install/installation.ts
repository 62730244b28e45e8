/** What is installed where, and the steps that change it: `install`, `uninstall` (removal.ts) and `upgrade` (upgrade.ts). */
import type { Exec } from '../../system/exec.ts';
import { praasError } from '../errors.ts';
import { type Inventory, readInventory } from './inventory.ts';
import { MONITOR_AGENT, PAT_AGENT, type Places, SERVICES } from './places.ts';
import { planPlacing, type Wanted } from './placing.ts';
import type { Service, ServiceState, Services } from './services.ts';
import type { Done, Step } from './step.ts';
import type { Tree } from './tree.ts';

export interface InstallationParts {
  readonly tree: Tree;
  readonly places: Places;
  readonly services: Services;
  readonly exec: Exec;
  /** Programs that praas calls and this node does not have, with their packages. */
  readonly missingTools: () => readonly { readonly tool: string; readonly package: string }[];
  /** Whether a service would run; one that has nothing to do is skipped when it is started. */
  readonly isMeantToRun: (service: Service) => Promise<boolean>;
  /** A file of a package, if the executable of these places is one. */
  readonly ownerOf: (path: string) => Promise<string | undefined>;
}

/** How the services are before anything is done. */
export interface Before {
  readonly inventory: Inventory | undefined;
  /** Whether systemd runs here, and services are to be started. */
  readonly starts: boolean;
  readonly states: ReadonlyMap<Service, ServiceState>;
  /** Services that somebody else has installed: those of the Python version. */
  readonly foreign: readonly Service[];
}

export interface InstallOptions {
  readonly starts: boolean;
  /** A package has placed the files. */
  readonly isPackaged: boolean;
}

/** Looks at what there is. Throws INVENTORY_DAMAGED, TOOL_MISSING. */
export async function lookAround(parts: InstallationParts, starts: boolean): Promise<Before> {
  const { tree, places, services } = parts;
  const inventory = await readInventory(tree, places);
  const canStart = await services.canStart();
  const states = new Map<Service, ServiceState>();
  if (canStart) for (const service of SERVICES) states.set(service, await services.state(service));
  const units = SERVICES.map((service) => [service, `${places.units}/${service}`] as const);
  const foreign: Service[] = [];
  for (const [service, path] of units) {
    const isOurs = inventory !== undefined && (path in inventory.files || inventory.replaced[path] !== undefined);
    if (!isOurs && (await tree.exists(path))) foreign.push(service);
  }
  return { inventory, starts: starts && canStart, states, foreign };
}

/** The steps from what there is to what is wanted; none when all is as it should be. Throws as lookAround does. */
export async function planInstall(
  parts: InstallationParts,
  wanted: Wanted,
  { starts, isPackaged }: InstallOptions,
): Promise<readonly Step[]> {
  const { tree, places, services } = parts;
  const before = await lookAround(parts, starts);
  const { steps, changed } = await planPlacing(tree, places, wanted, before.inventory);
  const takesOver = before.foreign.length > 0;
  const isEnabled = [...before.states.values()].every((state) => state.isEnabled);
  const isNew = before.inventory === undefined;
  // A service of a package that the administrator has disabled since stays so.
  const needsEnabling = isNew || (!isPackaged && before.states.size > 0 && !isEnabled);
  // A package's files are in place before this is asked.
  const isRenewed = changed.length > 0 || isPackaged;
  const started = before.starts ? await toStart(parts, before, { isPackaged, isRenewed }) : [];
  const needed = [
    ...(takesOver ? [stopForeign(services, before)] : []),
    ...steps,
    ...(before.states.size > 0 && isRenewed ? [reload(services)] : []),
    ...(needsEnabling ? [enable(services, before)] : []),
    ...startSteps(services, started),
    ...(takesOver && before.starts ? [adopt(parts)] : []),
  ];
  return needed.length === 0 ? [] : [check(parts, before), ...needed];
}

/** All where their files are others now; else those that do not run and would. */
async function toStart(
  { isMeantToRun }: InstallationParts,
  { inventory, states }: Before,
  { isPackaged, isRenewed }: { readonly isPackaged: boolean; readonly isRenewed: boolean },
): Promise<readonly Service[]> {
  const enabled = SERVICES.filter((each) => !isPackaged || inventory === undefined || states.get(each)?.isEnabled);
  if (isRenewed) return enabled;
  const resting = enabled.filter((service) => !states.get(service)?.isActive);
  const meant = await Promise.all(resting.map(isMeantToRun));
  return resting.filter((_, index) => meant[index]);
}

/** The first step, and so the last that is undone: by then files are as they were, and what ran runs again. */
function check({ missingTools, ownerOf, places, services }: InstallationParts, before: Before): Step {
  return {
    title: 'check that this node has what praas needs',
    async run() {
      const missing = before.starts ? missingTools() : [];
      if (missing[0]) throw praasError('TOOL_MISSING', { tool: missing[0].tool, package: packagesOf(missing) });
      const owner = await ownerOf(places.executable);
      if (owner !== undefined) throw praasError('INSTALLED_BY_PACKAGE', { path: places.executable, package: owner });
      return { undo: () => backToBefore(services, before) };
    },
  };
}

function packagesOf(missing: readonly { readonly package: string }[]): string {
  return [...new Set(missing.map((each) => each.package))].join(' ');
}

/** Files are as they were; so are the services then. */
export async function backToBefore(services: Services, before: Before): Promise<void> {
  if (before.states.size === 0) return;
  await services.reload();
  await services.forget(SERVICES);
  for (const [service, { isActive }] of before.states) if (isActive) await services.bringBack(service);
}

function stopForeign(services: Services, { foreign, states }: Before): Step {
  const running = foreign.filter((service) => states.get(service)?.isActive);
  return {
    title: `stop the services of another version: ${foreign.join(', ')}`,
    async run() {
      if (running.length > 0) await services.stop(running);
      return { note: running.length === 0 ? 'they do not run' : 'their rules stay' };
    },
  };
}

function reload(services: Services): Step {
  return {
    title: 'tell systemd of the services',
    async run() {
      await services.reload();
      return {};
    },
  };
}

function enable(services: Services, { states }: Before): Step {
  const others = SERVICES.filter((service) => !states.get(service)?.isEnabled);
  return {
    title: `have ${SERVICES.join(' and ')} started at boot`,
    async run() {
      await services.enable(SERVICES);
      return { undo: async () => (others.length > 0 ? services.disable(others) : undefined) };
    },
  };
}

/** One step for each service, in that order. */
export function startSteps(services: Services, started: readonly Service[]): Step[] {
  return started.map((service) => start(services, service));
}

function start(services: Services, service: Service): Step {
  return {
    title: `start ${service} and wait until it is ready`,
    async run(): Promise<Done> {
      const undo = (): Promise<void> => services.stop([service]);
      try {
        const runs = await services.restart(service);
        return { note: runs ? 'ready' : WHY_NOT[service], undo };
      } catch (error) {
        await undo();
        throw error;
      }
    },
  };
}

const WHY_NOT: Readonly<Record<Service, string>> = {
  [PAT_AGENT]: 'it was skipped',
  [MONITOR_AGENT]: 'skipped: no cloud in clouds.yaml yet',
};

/** Rules work without being mappings, so a failure here undoes nothing. */
function adopt({ exec, places }: InstallationParts): Step {
  return {
    title: 'make the rules of the other version mappings (praas pat import)',
    async run() {
      const { exitCode, stderr } = await exec({ file: places.executable, args: ['pat', 'import'] });
      if (exitCode === 0) return {};
      return { note: `not all of them: ${stderr.trim()}; they work as before; try \`praas pat import\`` };
    },
  };
}
