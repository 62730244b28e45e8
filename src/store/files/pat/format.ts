/**
 * The schemas of the files. Everything that is read is validated, and each line before it is written, so that praas cannot write what it
 * would refuse to read.
 */
import * as z from 'zod';
import { Ipv4, Port } from '../../../core/values/schemas.ts';
import { Mapping, Protocol, RouterId } from '../../../pat/mapping/mapping.ts';
import type { Delta } from '../../../pat/mapping/record.ts';
import { type Content, readContent } from '../content.ts';
import { damaged } from '../damage.ts';
import { currentVersion, type Migration } from '../versions.ts';
import { FIRST_SEALED } from './migrations.ts';

const Version = z.int().min(1);
const NextPort = z.int().min(0).max(65535);
const Pending = z.array(z.strictObject({ protocol: Protocol, gateway_ip: Ipv4, router_port: Port }));

/** The whole record of a router, as of change number `seq`. */
const Snapshot = z.strictObject({
  version: Version,
  router_id: RouterId,
  seq: z.int().min(0),
  next_port: NextPort,
  pending: Pending,
  gateways: z.array(Ipv4),
  adopting: z.array(z.string()),
  mappings: z.array(Mapping),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** Change number `seq`, a delta. */
const JournalLine = z.strictObject({
  version: Version,
  seq: z.int().min(1),
  put: z.array(Mapping).exactOptional(),
  remove: z.array(z.uuid()).exactOptional(),
  next_port: NextPort.exactOptional(),
  pending: Pending.exactOptional(),
  gateways: z.array(Ipv4).exactOptional(),
  adopting: z.array(z.string()).exactOptional(),
});
export type JournalLine = z.infer<typeof JournalLine>;

/** The file that is read, the router to which it belongs, and the migrations of older versions. */
export interface Origin {
  readonly path: string;
  readonly routerId: string;
  readonly migrations: readonly Migration[];
}

/** Parses the text of a snapshot. Throws STORE_DAMAGED, STORE_TOO_NEW. */
export function parseSnapshot(text: string, origin: Origin): Content<Snapshot> {
  const parsed = check(Snapshot, text, '', origin);
  const snapshot = parsed.content;
  if (snapshot.router_id !== origin.routerId) throw damaged(origin.path, `it belongs to router ${snapshot.router_id}`);
  checkOwner(snapshot.mappings, '', origin);
  return parsed;
}

/** Parses one line of a journal; `where` names the line in errors. Throws STORE_DAMAGED, STORE_TOO_NEW. */
export function parseLine(text: string, where: string, origin: Origin): JournalLine {
  const line = check(JournalLine, text, where, origin).content;
  checkOwner(line.put ?? [], where, origin);
  return line;
}

/** Gives the line of change `seq`. Throws a plain error, which is a bug of the caller, for a delta that could not be read again. */
export function lineOf(delta: Delta, seq: number, { routerId, migrations }: Omit<Origin, 'path'>): JournalLine {
  const { put, remove, next_port, pending, gateways, adopting } = delta;
  const foreign = put?.find((mapping) => mapping.router_id !== routerId);
  if (foreign) throw new Error(`mapping ${foreign.id} of router ${foreign.router_id} is not for ${routerId}`);
  return JournalLine.parse({
    version: currentVersion(migrations),
    seq,
    ...(put?.length && { put }),
    ...(remove?.length && { remove }),
    ...(next_port !== undefined && { next_port }),
    ...(pending && { pending }),
    ...(gateways && { gateways }),
    ...(adopting && { adopting }),
  });
}

function check<T>(schema: z.ZodType<T>, text: string, where: string, { path, migrations }: Origin): Content<T> {
  return readContent(text, {
    path,
    schema,
    migrations,
    sealedSince: FIRST_SEALED,
    damaged: (reason) => damaged(path, `${where}${reason}`),
  });
}

function checkOwner(mappings: readonly Mapping[], where: string, { path, routerId }: Origin): void {
  const foreign = mappings.find((mapping) => mapping.router_id !== routerId);
  if (foreign) throw damaged(path, `${where}mapping ${foreign.id} belongs to router ${foreign.router_id}`);
}
