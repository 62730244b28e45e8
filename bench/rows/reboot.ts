// The start of a daemon that has a thousand routers: with the rules in place (it was restarted) and without (the node was).
import type { BackendName } from '../../src/netfilter/backend.ts';
import { type Arrival, BenchDaemon } from '../daemon.ts';
import { manyRouters, storeMappings } from '../many-routers.ts';
import { timed } from '../measure.ts';
import type { FactLine, Figure, Findings, Options, Row } from '../row.ts';

const MAPPINGS = 10;
const SECOND_MS = 1000;

/** What shows all rules of a namespace. */
const LOOK: Readonly<Record<BackendName, string>> = {
  iptables: 'iptables-save -t nat',
  nftables: 'nft list ruleset',
};

interface Round {
  readonly reboot: Arrival;
  readonly restart: Arrival;
  readonly loopMs: number;
}

/** Runs a command in every namespace, one after the other, in one shell. Rules of iptables are rules of nftables here. */
async function inEach({ exec }: Options, routerIds: readonly string[], command: string): Promise<void> {
  const script = `while read -r name; do nsenter --net=/run/netns/$name ${command} > /dev/null || exit; done`;
  const { exitCode, stderr } = await exec({ file: 'sh', args: ['-c', script], input: `${routerIds.join('\n')}\n` });
  if (exitCode !== 0) throw new Error(`${command}: ${stderr}`);
}

async function roundOf(options: Options, backend: BackendName, daemon: BenchDaemon, ids: readonly string[]) {
  await inEach(options, ids, 'nft flush ruleset');
  const reboot = await daemon.start();
  await daemon.stop();
  const restart = await daemon.start();
  await daemon.stop();
  return { reboot, restart, loopMs: await timed(() => inEach(options, ids, LOOK[backend])) };
}

async function roundsOf(options: Options, backend: BackendName, routerIds: readonly string[]): Promise<Round[]> {
  const daemon = await BenchDaemon.make(options, backend);
  await storeMappings(options, daemon.state_dir, routerIds, MAPPINGS);
  const rounds: Round[] = [];
  const count = options.quick ? 1 : 3;
  for (let round = 0; round <= count; round++) {
    options.say(`reboot: ${backend}, ${round} of ${count} rounds`);
    const found = await roundOf(options, backend, daemon, routerIds);
    // The first round warms up.
    if (round > 0) rounds.push(found);
  }
  return rounds;
}

const STARTS = [
  { name: 'restart', what: 'with the rules in place' },
  { name: 'reboot', what: 'without any rules' },
] as const;

function figuresOf(backend: BackendName, routers: number, rounds: readonly Round[]): Figure[] {
  return STARTS.map(({ name, what }) => ({
    title: `the daemon ready with ${routers} routers ${what}, against a loop of \`${LOOK[backend]}\` (${backend})`,
    ratios: rounds.map((round) => round[name].readyMs / round.loopMs),
  }));
}

function linesOf(backend: BackendName, rounds: readonly Round[]): FactLine[] {
  return STARTS.map(({ name, what }) => ({
    what: `${backend}, ${what}`,
    values: [
      rounds.map((round) => round[name].listeningMs / SECOND_MS),
      rounds.map((round) => round[name].readyMs / SECOND_MS),
      rounds.map((round) => round.loopMs / SECOND_MS),
    ],
  }));
}

async function measure(options: Options): Promise<Findings> {
  const routers = options.quick ? 50 : 1000;
  options.say(`reboot: ${routers} routers`);
  const routerIds = await manyRouters(options, routers);
  const figures: Figure[] = [];
  const lines: FactLine[] = [];
  for (const backend of ['iptables', 'nftables'] as const) {
    const rounds = await roundsOf(options, backend, routerIds);
    figures.push(...figuresOf(backend, routers, rounds));
    lines.push(...linesOf(backend, rounds));
  }
  const title = `start of the daemon, ${routers} routers with ${MAPPINGS} mappings each`;
  return { figures, facts: [{ title, columns: ['listening, s', 'ready, s', 'the loop, s'], lines }] };
}

export const reboot: Row = { name: 'reboot', measure };
