/** What commands share that talk to the services: of this node, of its daemon, or of the daemon that --url names. */
import { readFile } from 'node:fs/promises';
import { getSystemErrorMessage } from 'node:util';
import { NODE_KEYS } from '../compose/node-keys.ts';
import { composeOrConnect, connect, keystoneToken, type Praas } from '../compose/praas.ts';
import { PraasCommand } from './base.ts';
import { type CloudFlags, cloudFlags, hasCloudFlag, namesCloud, overridesOf } from './cloud-flags.ts';
import { remoteFlags } from './flags.ts';

/** What may stand in a header. */
const TOKEN = /^[\x21-\x7e]+$/;

/** Which services. */
export interface ServiceFlags extends CloudFlags {
  readonly config: string | undefined;
  readonly url: string | undefined;
  readonly 'token-file': string | undefined;
  readonly cacert: string | undefined;
}

export abstract class ServiceCommand extends PraasCommand {
  static override baseFlags = { ...PraasCommand.baseFlags, ...remoteFlags, ...cloudFlags };

  /** Runs `work` with the services, and closes them however it ends. Ctrl-C ends it, but not half way through a change. */
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

  /** Throws NOT_PERMITTED for everybody but root, unless another node does it: there a token decides. */
  protected requireRootHere({ url }: ServiceFlags): void {
    if (url === undefined) this.requireRoot();
  }

  /** With a URL this node's configuration means nothing and is not read. */
  async #open(flags: ServiceFlags): Promise<Praas> {
    const { url } = flags;
    const saysCloud = hasCloudFlag(flags);
    if (saysCloud && url === undefined) this.misuse('--os-cloud and the other --os-* options need --url.');
    if (saysCloud && flags['token-file'] !== undefined) this.misuse('Give either --token-file or --os-* options.');
    if (url !== undefined) {
      // What is typed counts before what happens to be in the environment.
      const token = (saysCloud ? undefined : await this.#token(flags)) ?? (await this.#keystoneToken(flags));
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
    return this.misuse(
      `${flags['token-file'] === undefined ? 'PRAAS_TOKEN' : '--token-file'}: there is no token in it`,
    );
  }

  /** Only for who has said so: a clouds.yaml that happens to lie there must not give anybody's token to that address. */
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

  /** What is in the file that a flag names; undefined without the flag. */
  async #text(name: 'token-file' | 'cacert', flags: ServiceFlags): Promise<string | undefined> {
    const path = flags[name];
    if (path === undefined) return undefined;
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      const { errno, message } = error as NodeJS.ErrnoException;
      const reason = errno === undefined ? message : getSystemErrorMessage(errno);
      return this.misuse(`--${name}: ${path} cannot be read: ${reason}`);
    }
  }
}
