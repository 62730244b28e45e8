/** The base of commands that call services: of this node, of its daemon, or of a remote daemon. */
import { readFile } from 'node:fs/promises';
import { NODE_KEYS } from '../compose/node-keys.ts';
import { composeOrConnect, connect, keystoneToken, type Praas } from '../compose/praas.ts';
import { errnoText } from '../core/errors/errno-text.ts';
import { PraasCommand } from './base.ts';
import { type CloudFlags, cloudFlags, hasCloudFlag, namesCloud, overridesOf } from './cloud-flags.ts';
import { remoteFlags } from './flags.ts';

/** What an HTTP header can hold. */
const TOKEN = /^[\x21-\x7e]+$/;
/** Hosts, as URL writes them, that are this node. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Where the services are, and with which token. */
export interface ServiceFlags extends CloudFlags {
  readonly config: string | undefined;
  readonly url: string | undefined;
  readonly 'token-file': string | undefined;
  readonly cacert: string | undefined;
}

export abstract class ServiceCommand extends PraasCommand {
  static override baseFlags = { ...PraasCommand.baseFlags, ...remoteFlags, ...cloudFlags };

  /** Runs `work` with the services, and closes them however it ends. Ctrl-C interrupts it, but not in the middle of a change. */
  protected async withPraas<T>(flags: ServiceFlags, work: (praas: Praas) => Promise<T>): Promise<T> {
    const praas = await this.#open(flags);
    return this.interruptible(praas.interruption, async () => {
      try {
        return await work(praas);
      } finally {
        await praas.close();
      }
    });
  }

  /** Throws NOT_PERMITTED unless root runs it or a remote daemon does: there the token decides. */
  protected requireRootHere({ url }: ServiceFlags): void {
    if (url === undefined) this.requireRoot();
  }

  /** With --url the configuration of this node is not read. */
  async #open(flags: ServiceFlags): Promise<Praas> {
    const { url } = flags;
    const hasCloudOptions = hasCloudFlag(flags);
    if (hasCloudOptions && url === undefined) this.misuse('--os-cloud and the other --os-* options require --url');
    if (hasCloudOptions && flags['token-file'] !== undefined)
      this.misuse('--token-file and --os-* options are mutually exclusive');
    if (url !== undefined) {
      // Options go before the environment.
      const token = (hasCloudOptions ? undefined : await this.#token(flags)) ?? (await this.#keystoneToken(flags));
      if (token !== undefined && isReadableOnTheWay(url))
        this.complain(`the token is sent to ${new URL(url).host} by plain HTTP: others on the way can read it`);
      return connect({ kind: 'url', url, token, ca: await this.#text('cacert', flags) });
    }
    const { config } = await this.loadConfig(flags.config);
    const complain = (sentence: string): void => this.complain(sentence);
    return composeOrConnect(config, { env: process.env, command: this.title, complain });
  }

  async #token(flags: ServiceFlags): Promise<string | undefined> {
    const text = (await this.#text('token-file', flags)) ?? (process.env['PRAAS_TOKEN'] || undefined);
    const token = text?.trim();
    if (token === undefined || TOKEN.test(token)) return token;
    if (flags['token-file'] !== undefined) return this.misuse('--token-file: no token found');
    return this.misuse('PRAAS_TOKEN is not a token; allowed: printable ASCII without spaces');
  }

  /** Only if OpenStack credentials are named: a clouds.yaml that happens to be there must not send a token to that URL. */
  async #keystoneToken(flags: ServiceFlags): Promise<string | undefined> {
    const { env } = process;
    if (!namesCloud(flags, env)) return undefined;
    const options = overridesOf(flags);
    return keystoneToken({
      cloud: flags['os-cloud'],
      options,
      env,
      cwd: process.cwd(),
      clouds_path: NODE_KEYS.clouds_path.fallback,
    });
  }

  /** The content of the file that a flag names; undefined without the flag. */
  async #text(name: 'token-file' | 'cacert', flags: ServiceFlags): Promise<string | undefined> {
    const path = flags[name];
    if (path === undefined) return undefined;
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      return this.misuse(`--${name}: cannot read ${path}: ${errnoText(error)}`);
    }
  }
}

function isReadableOnTheWay(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !LOOPBACK.test(hostname);
}
