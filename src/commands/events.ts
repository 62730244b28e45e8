import { setTimeout } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import type { Praas } from '../compose/praas.ts';
import { isPraasError } from '../core/errors/errors.ts';
import type { EventFilter } from '../pat/interfaces/events.ts';
import { EVENT_TYPES, type Event, type EventType } from '../pat/mapping/event.ts';
import { anyCase, countFlag, outputFlags } from './flags.ts';
import { type Column, type Format, renderList, renderRecord } from './output/rows.ts';
import { EVENT_COLUMNS, LISTED_EVENTS } from './pat/event-columns.ts';
import { ServiceCommand } from './service-command.ts';

const MAX_LIMIT = 1000;
const POLL_PERIOD_MS = 500;

export default class EventsCommand extends ServiceCommand {
  static override summary = 'list events of mappings: what, when, by whom and why';
  static override description =
    'Includes deleted mappings. Events of type followed, suspended and resumed are from the monitor; down and active are ' +
    'status changes on the node; omitted stands for the later events of a project that has used up its share of the day. ' +
    'Events are kept for retain_days. --json and --follow -f json include the mapping after ' +
    'the event, or before it if it was deleted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --mapping 7c9e6679',
    '<%= config.bin %> <%= command.id %> --follow -f json',
    '<%= config.bin %> <%= command.id %> --type deleted --limit 20 --os-cloud demo --url https://node:3000',
  ];
  static override flags = {
    mapping: Flags.string({ description: 'only events of this mapping, by its ID or a prefix of it', helpValue: 'ID' }),
    router: Flags.string({
      char: 'r',
      description: 'only events of mappings of this router, by its ID',
      helpValue: 'ID',
    }),
    type: Flags.custom<EventType>({ ...anyCase(EVENT_TYPES), description: 'only events of this type' })(),
    limit: countFlag(MAX_LIMIT)({
      description: `maximum number of events (1 to ${MAX_LIMIT}, default: 100); the newest are shown, oldest first`,
    }),
    follow: Flags.boolean({ description: 'wait for further events, until interrupted' }),
    ...outputFlags,
  };

  protected override readonly work = 'query';

  async run(): Promise<readonly Event[]> {
    const { flags } = await this.parse(EventsCommand);
    const columns = this.choose(EVENT_COLUMNS, flags.column, LISTED_EVENTS);
    if (flags.follow && flags.json) this.misuse('--follow and --json are mutually exclusive; use --follow -f json');
    this.requireRootHere(flags);
    const { mapping: mapping_id, router: router_id, type, limit } = flags;
    const filter: EventFilter = { mapping_id, router_id, type, limit };
    return this.withPraas(flags, async (praas) => {
      const events = await praas.events.list(filter);
      if (!flags.follow) {
        this.print(await renderList(flags.format, columns, events));
        return events;
      }
      const show = async (some: readonly Event[]): Promise<void> => {
        for (const event of some) this.print(await this.#text(event, flags.format, columns));
      };
      await show(events);
      await this.#follow(praas, { ...filter, limit: MAX_LIMIT }, events.at(-1)?.id ?? 0, show);
      return [];
    });
  }

  /** A stream has no table: one line for people, and for programs the whole event on one line. */
  async #text(event: Event, format: Format, columns: readonly Column<Event>[]): Promise<string> {
    if (format === 'table') return lineOf(event);
    return format === 'json' ? JSON.stringify(event) : renderRecord(format, columns, event);
  }

  async #follow(
    { events, interruption }: Praas,
    filter: EventFilter,
    from: number,
    show: (some: readonly Event[]) => Promise<void>,
  ): Promise<void> {
    // The reader may end first (`| head`).
    const unread = new AbortController();
    process.stdout.once('error', () => unread.abort());
    const stopSignal = AbortSignal.any([interruption.abortSignal, unread.signal]);
    let after = from;
    let isReachable = true;
    while (!stopSignal.aborted) {
      await setTimeout(POLL_PERIOD_MS, undefined, { signal: stopSignal }).catch(() => undefined);
      if (stopSignal.aborted) return;
      const next = await events.list({ ...filter, after }).catch((error: unknown) => {
        // A daemon that restarts continues with the next event.
        if (!isPraasError(error, 'DAEMON_UNREACHABLE')) throw error;
        if (isReachable) this.complain(`${error.message}; waiting for the daemon`);
      });
      isReachable = next !== undefined;
      after = next?.at(-1)?.id ?? after;
      await show(next ?? []);
    }
  }
}

function lineOf(event: Event): string {
  const values = EVENT_COLUMNS.filter(({ title }) => LISTED_EVENTS.includes(title)).map(({ value }) => value(event));
  return values.filter((value) => value !== '').join('  ');
}
