/**
 * Reads the two files of a router into its record. Needs no lock, because of the order: the journal first, then the
 * snapshot. Between the two reads a writer may fold the journal into the snapshot. Then the snapshot is newer than the
 * journal that was read, and all its lines are in it and are passed over. The other way round, an old snapshot would meet a
 * journal that has already been emptied, and the lines between would be missing.
 */
import { Low } from 'lowdb';
import { isPraasError, praasError } from '../../../core/errors/errors.ts';
import { emptyRecord } from '../../../pat/mapping/record.ts';
import { fingerprint, readIfThere } from '../disk.ts';
import { damaged } from '../json.ts';
import { currentVersion, type Migration } from '../versions.ts';
import type { Snapshot } from './format.ts';
import { linesAfter, parseJournal } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import { beforeAside, findAside, type RouterFiles } from './layout.ts';
import { LiveRecord } from './live-record.ts';
import { SnapshotFile } from './snapshot-file.ts';

/** A router's record with the files that it came from, ready for a writer. */
export interface Loaded {
  readonly record: LiveRecord;
  readonly journal: JournalFile;
  readonly snapshot: SnapshotFile;
  readonly low: Low<Snapshot>;
}

/** A reader whose files change this often while it reads takes what it sees for the truth. */
const ATTEMPTS = 20;

/**
 * Gives what is stored, an empty record when nothing is. Changes nothing.
 * Throws STORE_DAMAGED (with `aside` when the damaged file has already been set aside), STORE_TOO_NEW, NOT_PERMITTED,
 * STORE_UNREADABLE.
 */
export async function load(files: RouterFiles, migrations: readonly Migration[]): Promise<Loaded> {
  const { router_id } = files;
  const content = await readIfThere(files.journal);
  const journal = content && parseJournal(content, { path: files.journal, router_id, migrations });
  const snapshot = new SnapshotFile({ path: files.snapshot, router_id, migrations });
  const low = new Low<Snapshot>(snapshot, {
    version: currentVersion(migrations),
    router_id,
    seq: 0,
    next_port: 0,
    pending: [],
    gateways: [],
    adopting: [],
    mappings: [],
  });
  await low.read();
  if (snapshot.bytes === undefined) {
    if (content === undefined) await refuseToForget(files);
    // A journal is created with its first line, so no crash leaves this: the file system has lost its content.
    if (journal?.lines.length === 0) throw damaged(files.journal, 'it has no complete line');
  }

  const { mappings, next_port, pending, gateways, adopting, seq } = low.data;
  const byId = new Map(mappings.map((mapping) => [mapping.id, mapping]));
  const stored = { ...emptyRecord(router_id), next_port, pending, gateways, adopting, mappings: byId };
  const record = new LiveRecord(stored, seq);
  const news = linesAfter(seq, journal?.lines ?? [], files.journal);
  for (const line of news) record.apply(line);
  record.keep();
  // Lines that the snapshot has are of no use, and the next number would not follow theirs if a power cut took the last.
  const end = { exists: content !== undefined, bytes: news.length > 0 ? (journal?.wholeBytes ?? 0) : 0 };
  return { record, journal: new JournalFile(files.journal, end, end.bytes === (content?.length ?? 0)), snapshot, low };
}

/**
 * As `load`, beside a writer. A journal may be cut and written anew in the middle of being read, which looks like damage:
 * it is damage only if the files stood still meanwhile.
 */
export async function loadBesideWriter(files: RouterFiles, migrations: readonly Migration[]): Promise<Loaded> {
  for (let attempt = 1; ; attempt++) {
    const before = await fingerprints(files);
    try {
      return await load(files, migrations);
    } catch (error) {
      if (!isPraasError(error, 'STORE_DAMAGED') || attempt === ATTEMPTS) throw error;
      if (before === (await fingerprints(files))) throw error;
    }
  }
}

/** A text that changes whenever one of the router's files does. */
export async function fingerprints(files: RouterFiles): Promise<string> {
  return (await Promise.all([fingerprint(files.snapshot), fingerprint(files.journal)])).join(', ');
}

/** While a damaged file is set aside and nothing has taken its place, empty would be a lie that empties the kernel too. */
async function refuseToForget(files: RouterFiles): Promise<void> {
  const aside = await findAside(files);
  if (aside === undefined) return;
  throw praasError('STORE_DAMAGED', { path: beforeAside(aside), reason: 'nothing has taken its place yet', aside });
}
