/**
 * What the demonstration shows: one router, two servers that cannot be reached from outside, and how praas publishes them. Each
 * claim is checked with packets, or with the output of a command.
 */
import type { DemoShell } from './demo-shell.ts';
import type { HeldConnection } from './peer-controller.ts';
import { ADDRESSES } from './plan.ts';

export type DemoBackend = 'iptables' | 'nftables';

/** What the servers serve before the demonstration begins. */
export const HTTP = { protocol: 'tcp', port: 80, isHttp: true } as const;
export const SSH = { protocol: 'tcp', port: 22, banner: 'SSH-2.0-demo' } as const;

const FIRST_PORT = 4000;
const SSH_PORT = 4022;
const NEW_WEB_PORT = 4050;
const SHORT_ID = 8;
const CLOSED_MS = 500;

const DIAGRAM = `
   outside                  router                    network of the project
                       ┌──────────────┐
   203.0.113.2  ───────┤ 203.0.113.10 │        ┌─── web  10.20.0.51   HTTP on port 80
   198.51.100.7        │    10.20.0.1 ├────────┤
                       └──────────────┘        └─── db   10.20.0.52   SSH on port 22
`;

const RULES: Readonly<Record<DemoBackend, readonly string[]>> = {
  iptables: ['iptables', '-t', 'nat', '-S', 'custom-PREROUTING'],
  nftables: ['nft', 'list', 'table', 'ip', 'praas'],
};

const FROM_OTHER_CLIENT = ['--interface', ADDRESSES.otherClient];
const url = (port: number): string => `http://${ADDRESSES.gateway}:${port}/`;
const hello = (address: string): string => `web says hello to ${address}`;

/** Runs all parts. Throws DEMO_FAILED at the first result that is not the expected one. */
export async function runScenario(shell: DemoShell, backend: DemoBackend): Promise<void> {
  await showStart(shell);
  await publishWeb(shell);
  const session = await publishSsh(shell);
  await showMappings(shell, backend);
  await restrictSources(shell);
  await changePort(shell);
  await deleteMappings(shell, session);
}

async function showStart(shell: DemoShell): Promise<void> {
  shell.output.heading('Two servers behind a router, without a floating IP');
  shell.output.text(DIAGRAM);
  await shell.expectNoConnection(url(FIRST_PORT));
  shell.output.fact('no port is published: the servers cannot be reached from outside');
}

async function publishWeb(shell: DemoShell): Promise<void> {
  shell.output.heading('Publish the web server');
  await shell.praas(...create(shell, ADDRESSES.web, HTTP.port), '--name', 'web');
  const { router_port } = await shell.find('web');
  shell.output.fact(`praas has chosen router port ${router_port}`);
  await shell.expectResponse(url(router_port), hello(ADDRESSES.client));
  shell.output.fact('the web server responds on the gateway address and sees the address of the client');
}

async function publishSsh(shell: DemoShell): Promise<HeldConnection> {
  shell.output.heading('Publish SSH of the database server on a given router port');
  const port = ['--router-port', String(SSH_PORT)];
  const columns = ['-c', 'ID', '-c', 'Status'];
  await shell.praas(...create(shell, ADDRESSES.db, SSH.port), ...port, '--name', 'ssh', ...columns);
  const session = await shell.client.open({ protocol: 'tcp', address: ADDRESSES.gateway, port: SSH_PORT });
  const greeting = session.greeting?.reply ?? 'nothing';
  shell.output.text(`\n${ADDRESSES.client} connects to ${ADDRESSES.gateway}:${SSH_PORT} and receives: ${greeting}`);
  shell.check('greeting of the SSH server', greeting === SSH.banner, `expected “${SSH.banner}”, got “${greeting}”`);
  shell.output.fact('the database server responds; this session stays open until its mapping is deleted');
  return session;
}

async function showMappings(shell: DemoShell, backend: DemoBackend): Promise<void> {
  shell.output.heading('List the mappings, and their rules in the kernel');
  const list = await shell.praas('pat', 'list', '--router', shell.namespaces.router);
  const missing = ['web', 'ssh', ADDRESSES.web, ADDRESSES.db].filter((text) => !list.includes(text));
  shell.check('praas pat list', missing.length === 0, `not listed: ${missing.join(', ')}`);
  const rules = await shell.inRouter(...RULES[backend]);
  for (const name of ['web', 'ssh']) {
    const { id } = await shell.find(name);
    shell.check('rules in the kernel', rules.includes(id), `no rule with the ID of ${name}, ${id}`);
  }
  shell.output.fact('each rule carries the ID of its mapping');
}

async function restrictSources(shell: DemoShell): Promise<void> {
  shell.output.heading('Allow only one source network');
  const { id, router_port } = await shell.find('web');
  await shell.praas('pat', 'update', short(id), '--allow', '198.51.100.0/24', '-c', 'Allowed CIDRs', '-c', 'Status');
  await shell.expectNoConnection(url(router_port));
  shell.output.fact(`closed for ${ADDRESSES.client}`);
  await shell.expectResponse(url(router_port), hello(ADDRESSES.otherClient), FROM_OTHER_CLIENT);
  shell.output.fact(`open for ${ADDRESSES.otherClient}`);
}

async function changePort(shell: DemoShell): Promise<void> {
  shell.output.heading('Change the router port, and allow all sources again');
  const { id, router_port } = await shell.find('web');
  const changes = ['--router-port', String(NEW_WEB_PORT), '--clear-allow'];
  await shell.praas('pat', 'update', short(id), ...changes, '-c', 'Router Port', '-c', 'Status');
  await shell.expectNoConnection(url(router_port));
  shell.output.fact(`the old port ${router_port} is closed`);
  await shell.expectResponse(url(NEW_WEB_PORT), hello(ADDRESSES.client));
  shell.output.fact(`the new port ${NEW_WEB_PORT} is open`);
}

async function deleteMappings(shell: DemoShell, session: HeldConnection): Promise<void> {
  shell.output.heading('Delete the mappings');
  const { id: web } = await shell.find('web');
  const { id: ssh } = await shell.find('ssh');
  const before = await session.send('still there?');
  shell.check('open SSH session', 'reply' in before, 'ended although only another mapping was changed');
  await shell.praas('pat', 'delete', short(ssh));
  const after = await session.send('still there?', CLOSED_MS);
  shell.check('open SSH session', 'error' in after, 'still open after its mapping was deleted');
  shell.output.fact('the open SSH session has ended with its mapping');
  await shell.expectNoConnection(url(SSH_PORT));
  await shell.expectResponse(url(NEW_WEB_PORT), hello(ADDRESSES.client));
  shell.output.fact('SSH is closed, and the web server still responds');
  await shell.praas('pat', 'delete', short(web));
  await shell.expectNoConnection(url(NEW_WEB_PORT));
  shell.output.fact('no port is published: the servers cannot be reached from outside');
}

function create(shell: DemoShell, serverIp: string, port: number): string[] {
  return ['pat', 'create', '--router', shell.namespaces.router, '--server-ip', serverIp, '--port', String(port)];
}

function short(id: string): string {
  return id.slice(0, SHORT_ID);
}
