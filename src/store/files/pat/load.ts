/**
 * Reads the two files of a router into its record. Needs no lock, because of the order: the journal first, then the snapshot. Between
 * the two reads a writer may fold the journal into the snapshot. The snapshot is then newer than the journal that was read, contains
 * all its lines, and they are skipped. In the other order, an old snapshot would be combined with a journal that is already empty, and
 * the lines between would be missing.
 */
import { Low } from 'lowdb';
import { isPraasError, praasError } from '../../../core/errors/errors.ts';
import { Mappings } from '../../../pat/mapping/mappings.ts';
import { damaged } from '../damage.ts';
import { fingerprint, readIfExists } from '../disk.ts';
import { currentVersion, type Migration } from '../versions.ts';
import type { Snapshot } from './format.ts';
import { linesAfter, parseJournal } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import { beforeAside, findAside, type RouterFiles } from './layout.ts';
import { LiveRecord } from './live-record.ts';
import { SnapshotFile } from './snapshot-file.ts';

/** The record of a router with its files, ready for a writer. */
export interface LoadedRecord {
  readonly record: LiveRecord;
  readonly journal: JournalFile;
  readonly snapshot: SnapshotFile;
  readonly low: Low<Snapshot>;
  /** The length of a torn line at the end of the journal. */
  readonly tornBytes: number;
}

/** After this many reads during which the files changed, damage is reported all the same. */
const MAX_ATTEMPTS = 20;

/**
 * Gives the stored record, an empty one when there are no files. Changes nothing.
 * Throws STORE_DAMAGED (with `aside` when the damaged file was already moved aside), STORE_TOO_NEW, NOT_PERMITTED, STORE_UNREADABLE.
 */
export async function load(files: RouterFiles, migrations: readonly Migration[]): Promise<LoadedRecord> {
  const { routerId } = files;
  const content = await readIfExists(files.journal);
  const journal = content && parseJournal(content, { path: files.journal, routerId, migrations });
  const snapshot = new SnapshotFile({ path: files.snapshot, routerId, migrations });
  const low = new Low<Snapshot>(snapshot, {
    version: currentVersion(migrations),
    router_id: routerId,
    seq: 0,
    next_port: 0,
    pending: [],
    gateways: [],
    adopting: [],
    mappings: [],
  });
  await low.read();
  if (snapshot.bytes === undefined && content === undefined) await throwIfSetAside(files);
  // A journal is created with its first line, so a crash never leaves one without: the file system lost its content. Only versions
  // without checksums emptied it.
  const isEmptyDamage = snapshot.bytes === undefined || (snapshot.isSealed && content?.length === 0);
  if (journal?.lines.length === 0 && isEmptyDamage) throw damaged(files.journal, 'it has no complete line');

  const { mappings, next_port, pending, gateways, adopting, seq } = low.data;
  const stored = { router_id: routerId, next_port, pending, gateways, adopting, mappings: Mappings.of(mappings) };
  const record = new LiveRecord(stored, seq);
  const lines = journal?.lines ?? [];
  for (const line of linesAfter(seq, lines, files.journal)) record.apply(line);
  record.checkpoint();
  // After a power cut the snapshot may be newer than the journal; then the next number does not follow the last line.
  const exists = lines.at(-1)?.seq === record.seq;
  const [length, whole] = [content?.length ?? 0, journal?.wholeBytes ?? 0];
  const end = { exists, bytes: exists ? whole : 0 };
  const file = new JournalFile(files.journal, end, end.bytes === length);
  return { record, journal: file, snapshot, low, tornBytes: length - whole };
}

/**
 * As `load`, beside a writer. A journal that is emptied and extended while it is read looks damaged: it is damaged only if the files did
 * not change meanwhile.
 */
export async function loadBesideWriter(files: RouterFiles, migrations: readonly Migration[]): Promise<LoadedRecord> {
  for (let attempt = 1; ; attempt++) {
    const before = await fingerprints(files);
    try {
      return await load(files, migrations);
    } catch (error) {
      if (!isPraasError(error, 'STORE_DAMAGED') || attempt === MAX_ATTEMPTS) throw error;
      if (before === (await fingerprints(files))) throw error;
    }
  }
}

/** Gives a text that changes whenever one of the files changes. */
export async function fingerprints(files: RouterFiles): Promise<string> {
  return (await Promise.all([fingerprint(files.snapshot), fingerprint(files.journal)])).join(', ');
}

/** Throws while a damaged file is moved aside and not replaced: an empty record would remove the rules from the kernel, too. */
async function throwIfSetAside(files: RouterFiles): Promise<void> {
  const aside = await findAside(files);
  if (aside === undefined) return;
  throw praasError('STORE_DAMAGED', { path: beforeAside(aside), reason: 'set aside earlier', aside });
}
