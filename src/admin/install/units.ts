/**
 * The units of the two services. Each option that is left out on purpose, and why, is in docs/services.md. Pure.
 */
import { MONITOR_AGENT, PAT_AGENT } from './places.ts';

export interface UnitFacts {
  /** Path of the executable. */
  readonly executable: string;
  /** Where the services keep what they keep. */
  readonly state_dir: string;
  readonly log_dir: string;
  /** Further directories that the PAT agent writes to; one that is not there is no error. */
  readonly written: readonly string[];
  /** Files and directories that either of them reads. */
  readonly read: readonly string[];
  /** A port below 1024 is root's with a right of its own. */
  readonly hasLowPort: boolean;
}

export interface Unit {
  readonly name: string;
  readonly text: string;
}

type Line = readonly [name: string, value: string];

const NEUTRON = [
  'neutron-l3-agent.service',
  'neutron-openvswitch-agent.service',
  'neutron-linuxbridge-agent.service',
  'ovs-vswitchd.service',
];
/** What Node and the programs that it starts need of the kernel beside what every service needs. */
const CALLS = '@system-service @pkey';

export function renderUnits(facts: UnitFacts): readonly Unit[] {
  return [patAgent(facts), monitorAgent(facts)];
}

function patAgent(facts: UnitFacts): Unit {
  const capabilities = [
    // Rules, connections and interfaces; entering namespaces; hearing of changes in all of them; the raw socket of
    // iptables-legacy; Neutron's lock file, which is another user's.
    'CAP_NET_ADMIN',
    'CAP_SYS_ADMIN',
    'CAP_NET_BROADCAST',
    'CAP_NET_RAW',
    'CAP_DAC_OVERRIDE',
    ...(facts.hasLowPort ? ['CAP_NET_BIND_SERVICE'] : []),
  ];
  const text = render({
    Unit: [
      ['Description', "PRaaS PAT agent, publishes ports of servers on their router's gateway address"],
      ['Documentation', 'man:praas(8)'],
      ['Wants', 'network-online.target'],
      ['After', ['network-online.target', ...NEUTRON].join(' ')],
      ...NEVER_GIVES_UP,
    ],
    Service: [
      ['ExecStart', `${facts.executable} serve`],
      ...LIFE,
      // Its helpers end with it; told to stop themselves, they would break off what they do for it.
      ['KillMode', 'mixed'],
      ['TimeoutStartSec', '300'],
      ['RuntimeDirectory', 'praas'],
      ['RuntimeDirectoryMode', '0700'],
      ...directories(facts),
      ['LimitNOFILE', '65536'],
      ...HARDENING,
      ['ProtectHome', protectHome(facts)],
      // All of /run: the lock of iptables-legacy is there.
      ['ReadWritePaths', ['/run', ...facts.written.map((path) => `-${path}`)].join(' ')],
      ['CapabilityBoundingSet', capabilities.join(' ')],
      ['RestrictNamespaces', 'net'],
      ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
      ['SystemCallFilter', `${CALLS} setns`],
    ],
    Install: [['WantedBy', 'multi-user.target']],
  });
  return { name: PAT_AGENT, text };
}

function monitorAgent(facts: UnitFacts): Unit {
  const text = render({
    Unit: [
      ['Description', 'PRaaS monitor agent, lets published ports follow their servers in OpenStack'],
      ['Documentation', 'man:praas(8)'],
      ['Wants', `network-online.target ${PAT_AGENT}`],
      ['After', `network-online.target ${PAT_AGENT}`],
      ...NEVER_GIVES_UP,
    ],
    Service: [
      // Skipped, and not failed, while nothing says where OpenStack is.
      ['ExecCondition', `${facts.executable} monitor --check`],
      ['ExecStart', `${facts.executable} monitor`],
      ...LIFE,
      ['TimeoutStartSec', '60'],
      ...directories(facts).filter(([name]) => name.startsWith('Logs')),
      ...HARDENING,
      ['ProtectHome', protectHome(facts)],
      ['ReadWritePaths', `-${facts.log_dir}`],
      ['CapabilityBoundingSet', ''],
      ['ProtectProc', 'invisible'],
      ['RestrictNamespaces', 'yes'],
      ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
      ['SystemCallFilter', CALLS],
      ['SystemCallFilter', '~@privileged @resources'],
    ],
    Install: [['WantedBy', 'multi-user.target']],
  });
  return { name: MONITOR_AGENT, text };
}

const NEVER_GIVES_UP: readonly Line[] = [['StartLimitIntervalSec', '0']];

const LIFE: readonly Line[] = [
  ['Type', 'notify'],
  // systemd-notify speaks for the service, from its control group.
  ['NotifyAccess', 'all'],
  ['ExecReload', '/bin/kill -HUP $MAINPID'],
  ['Restart', 'always'],
  ['RestartSec', '2'],
  ['TimeoutStopSec', '60'],
  ['WatchdogSec', '60'],
  // A process that hangs does not hear a friendlier one, and a core file of it helps nobody.
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

/** systemd makes the usual directories when they are missing; others are the operator's. */
function directories({ state_dir, log_dir }: UnitFacts): Line[] {
  const under = (parent: string, path: string): string | undefined =>
    path.startsWith(`${parent}/`) ? path.slice(parent.length + 1) : undefined;
  const [state, logs] = [under('/var/lib', state_dir), under('/var/log', log_dir)];
  const lines: Line[] = [];
  if (state !== undefined) lines.push(['StateDirectory', state], ['StateDirectoryMode', '0700']);
  if (logs !== undefined) lines.push(['LogsDirectory', logs], ['LogsDirectoryMode', '0750']);
  return lines;
}

/** Nothing below /home is theirs, unless the configuration says so. */
function protectHome({ state_dir, log_dir, written, read }: UnitFacts): string {
  const isHome = (path: string): boolean => /^\/(?:home|root)\//.test(path);
  return [state_dir, log_dir, ...written, ...read].some(isHome) ? 'read-only' : 'yes';
}

function render(sections: Readonly<Record<string, readonly Line[]>>): string {
  const blocks = Object.entries(sections).map(([section, lines]) =>
    [`[${section}]`, ...lines.map(([name, value]) => `${name}=${value}`)].join('\n'),
  );
  return `${blocks.join('\n\n')}\n`;
}
