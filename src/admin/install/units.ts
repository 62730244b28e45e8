/**
 * The units of the two services. docs/services.md lists the options that are left out on purpose, and why. Pure.
 */
import { MONITOR_AGENT, PAT_AGENT } from './paths.ts';

export interface UnitFacts {
  /** Path of the executable. */
  readonly executable: string;
  readonly stateDirectory: string;
  readonly logDirectory: string;
  /** Directories that the PAT agent writes to; that one does not exist is no error. */
  readonly writtenPaths: readonly string[];
  /** Files and directories that one of the services reads. */
  readonly readPaths: readonly string[];
  /** Whether the API listens on a port below 1024, which needs a capability of its own. */
  readonly hasLowPort: boolean;
}

export interface Unit {
  readonly name: string;
  readonly text: string;
}

type Line = readonly [name: string, value: string];

/** The agents that create the routers: our rules come after theirs. */
const NEUTRON = [
  'neutron-l3-agent.service',
  'neutron-openvswitch-agent.service',
  'neutron-linuxbridge-agent.service',
  'ovs-vswitchd.service',
];
/** The system calls of Node and of the programs that it starts. */
const SYSTEM_CALLS = '@system-service @pkey';

export function renderUnits(facts: UnitFacts): readonly Unit[] {
  return [patAgent(facts), monitorAgent(facts)];
}

function patAgent(facts: UnitFacts): Unit {
  const capabilities = [
    // In this order: rules, connections and interfaces; entering namespaces; events of all namespaces; the raw socket of
    // iptables-legacy; Neutron's lock file, which belongs to another user.
    'CAP_NET_ADMIN',
    'CAP_SYS_ADMIN',
    'CAP_NET_BROADCAST',
    'CAP_NET_RAW',
    'CAP_DAC_OVERRIDE',
    ...(facts.hasLowPort ? ['CAP_NET_BIND_SERVICE'] : []),
  ];
  const text = render({
    Unit: [
      ['Description', 'PRaaS PAT agent: publishes ports of servers on the gateway address of their router'],
      ['Documentation', 'man:praas(8)'],
      ['Wants', 'network-online.target'],
      ['After', ['network-online.target', ...NEUTRON].join(' ')],
      ...UNLIMITED_RESTARTS,
    ],
    Service: [
      ['ExecStart', `${facts.executable} serve`],
      ...LIFECYCLE,
      // SIGTERM goes to the main process alone: its helpers finish their work for it, and end with it.
      ['KillMode', 'mixed'],
      ['TimeoutStartSec', '300'],
      ['RuntimeDirectory', 'praas'],
      ['RuntimeDirectoryMode', '0700'],
      ...directories(facts),
      ['LimitNOFILE', '65536'],
      // Three times what 60,000 mappings take with their requests; 24 programs at a time are started through helpers.
      ['MemoryMax', '2G'],
      ['TasksMax', '512'],
      ...HARDENING,
      ['ProtectHome', protectHome(facts)],
      // The whole of /run, for the lock file of iptables-legacy.
      ['ReadWritePaths', ['/run', ...facts.writtenPaths.map((path) => `-${path}`)].join(' ')],
      ['CapabilityBoundingSet', capabilities.join(' ')],
      ['RestrictNamespaces', 'net'],
      ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
      ['SystemCallFilter', `${SYSTEM_CALLS} setns`],
    ],
    Install: [['WantedBy', 'multi-user.target']],
  });
  return { name: PAT_AGENT, text };
}

function monitorAgent(facts: UnitFacts): Unit {
  const text = render({
    Unit: [
      ['Description', 'PRaaS monitor agent: follows the servers of published ports in OpenStack'],
      ['Documentation', 'man:praas(8)'],
      ['Wants', `network-online.target ${PAT_AGENT}`],
      ['After', `network-online.target ${PAT_AGENT}`],
      ...UNLIMITED_RESTARTS,
    ],
    Service: [
      // Where OpenStack is not configured, systemd skips the start instead of reporting a failure.
      ['ExecCondition', `${facts.executable} monitor --check`],
      ['ExecStart', `${facts.executable} monitor`],
      ...LIFECYCLE,
      ['TimeoutStartSec', '60'],
      ...directories(facts).filter(([name]) => name.startsWith('Logs')),
      ['MemoryMax', '1G'],
      ['TasksMax', '128'],
      ...HARDENING,
      ['ProtectHome', protectHome(facts)],
      ['ReadWritePaths', `-${facts.logDirectory}`],
      ['CapabilityBoundingSet', ''],
      ['ProtectProc', 'invisible'],
      ['RestrictNamespaces', 'yes'],
      ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
      ['SystemCallFilter', SYSTEM_CALLS],
      ['SystemCallFilter', '~@privileged @resources'],
    ],
    Install: [['WantedBy', 'multi-user.target']],
  });
  return { name: MONITOR_AGENT, text };
}

const UNLIMITED_RESTARTS: readonly Line[] = [['StartLimitIntervalSec', '0']];

const LIFECYCLE: readonly Line[] = [
  ['Type', 'notify'],
  // Notifications are sent by systemd-notify, a child process of the service.
  ['NotifyAccess', 'all'],
  ['ExecReload', '/bin/kill -HUP $MAINPID'],
  ['Restart', 'always'],
  ['RestartSec', '2'],
  ['TimeoutStopSec', '60'],
  // Far longer than the longest work of the event loop: a listing of 60,000 mappings takes seconds on a busy node.
  ['WatchdogSec', '180'],
  // A process that hangs does not handle SIGABRT, and its core file would be of no use.
  ['WatchdogSignal', 'SIGKILL'],
  ['UMask', '0077'],
];

const HARDENING: readonly Line[] = [
  ['NoNewPrivileges', 'yes'],
  ['ProtectSystem', 'strict'],
  ['PrivateTmp', 'yes'],
  ['PrivateDevices', 'yes'],
  ['ProtectKernelTunables', 'yes'],
  ['ProtectKernelModules', 'yes'],
  ['ProtectKernelLogs', 'yes'],
  ['ProtectControlGroups', 'yes'],
  ['ProtectClock', 'yes'],
  ['ProtectHostname', 'yes'],
  ['RestrictRealtime', 'yes'],
  ['RestrictSUIDSGID', 'yes'],
  ['LockPersonality', 'yes'],
  ['SystemCallArchitectures', 'native'],
  ['SystemCallErrorNumber', 'EPERM'],
];

/** systemd creates the directories below /var when they are missing; others are created by the operator. */
function directories({ stateDirectory, logDirectory }: UnitFacts): Line[] {
  const under = (parent: string, path: string): string | undefined =>
    path.startsWith(`${parent}/`) ? path.slice(parent.length + 1) : undefined;
  const [state, logs] = [under('/var/lib', stateDirectory), under('/var/log', logDirectory)];
  const lines: Line[] = [];
  if (state !== undefined) lines.push(['StateDirectory', state], ['StateDirectoryMode', '0700']);
  if (logs !== undefined) lines.push(['LogsDirectory', logs], ['LogsDirectoryMode', '0750']);
  return lines;
}

/** The services have no access to home directories, unless a configured path is in one. */
function protectHome({ stateDirectory, logDirectory, writtenPaths, readPaths }: UnitFacts): string {
  const isHome = (path: string): boolean => /^\/(?:home|root)\//.test(path);
  return [stateDirectory, logDirectory, ...writtenPaths, ...readPaths].some(isHome) ? 'read-only' : 'yes';
}

function render(sections: Readonly<Record<string, readonly Line[]>>): string {
  const blocks = Object.entries(sections).map(([section, lines]) =>
    [`[${section}]`, ...lines.map(([name, value]) => `${name}=${value}`)].join('\n'),
  );
  return `${blocks.join('\n\n')}\n`;
}
