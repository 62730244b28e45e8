import { setTimeout } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import type { Praas } from '../compose/praas.ts';
import { isPraasError } from '../core/errors/errors.ts';
import type { EventFilter } from '../pat/interfaces/events.ts';
import { EVENT_TYPES, type Event } from '../pat/mapping/event.ts';
import { outputFlags } from './flags.ts';
import { EVENT_COLUMNS, LISTED_EVENTS } from './output/event-columns.ts';
import { type Column, type Format, renderList, renderRecord } from './output/rows.ts';
import { ServiceCommand } from './service-command.ts';

const MOST = 1000;
const PERIOD_MS = 500;

export default class EventsCommand extends ServiceCommand {
  static override summary = 'show what happened to mappings: what, when, by whom and why';
  static override description =
    'Of mappings that are gone too, for `retain_days` of praas.conf. followed, held and released are the ' +
    "monitor's; down and active are what became of a mapping without anybody asking. --json gives each event with the " +
    'mapping as it was after, and so does --follow -f json, one in a line.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --mapping 7c9e6679',
    '<%= config.bin %> <%= command.id %> --follow -f json',
    '<%= config.bin %> <%= command.id %> --type deleted --limit 20 --os-cloud demo --url https://node:3000',
  ];
  static override flags = {
    mapping: Flags.string({ description: 'only of this mapping, by its ID or a beginning of it', helpValue: 'ID' }),
    router: Flags.string({ char: 'r', description: 'only of mappings of this router, by its ID', helpValue: 'ID' }),
    type: Flags.option({ description: 'only of this type', options: EVENT_TYPES })(),
    limit: Flags.integer({
      description: `so many at most, the newest (1 to ${MOST}, default: 100)`,
      helpValue: 'NUMBER',
      min: 1,
      max: MOST,
    }),
    follow: Flags.boolean({ description: 'go on with what happens, until interrupted' }),
    ...outputFlags,
  };

  async run(): Promise<readonly Event[]> {
    const { flags } = await this.parse(EventsCommand);
    const columns = this.choose(EVENT_COLUMNS, flags.column, LISTED_EVENTS);
    if (flags.follow && flags.json)
      this.misuse('--follow has no end, and --json prints a whole: use --follow -f json.');
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
      await this.#follow(praas, { ...filter, limit: MOST }, events.at(-1)?.id ?? 0, show);
      return [];
    });
  }

  /** One after the other has no table: a line for people, and for programs the whole event in one. */
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
    // Whoever stops reading (`| head`) has enough.
    const unread = new AbortController();
    process.stdout.once('error', () => unread.abort());
    const ending = AbortSignal.any([interruption.abortSignal, unread.signal]);
    let after = from;
    let wasThere = true;
    while (!ending.aborted) {
      await setTimeout(PERIOD_MS, undefined, { signal: ending }).catch(() => undefined);
      if (ending.aborted) return;
      const next = await events.list({ ...filter, after }).catch((error: unknown) => {
        // A daemon that is started again goes on where it was.
        if (!isPraasError(error, 'DAEMON_UNREACHABLE')) throw error;
        if (wasThere) this.complain(`${error.message}; what happens is shown when it is back`);
      });
      wasThere = next !== undefined;
      after = next?.at(-1)?.id ?? after;
      await show(next ?? []);
    }
  }
}

function lineOf(event: Event): string {
  const values = EVENT_COLUMNS.filter(({ title }) => LISTED_EVENTS.includes(title)).map(({ value }) => value(event));
  return values.filter((value) => value !== '').join('  ');
}
