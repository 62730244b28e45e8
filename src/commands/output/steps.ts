/** How the steps of an installer look while they run: a list that is redrawn on a terminal, else one line for each step. */
import { Listr } from 'listr2';
import { colour } from './colour.ts';

/** Shows the steps of an installer. */
export interface StepView {
  started(title: string): void;
  completed(title: string, note: string | undefined): void;
  /** The error that follows says why. */
  failed(title: string): void;
  undone(titles: readonly string[], failures: readonly string[]): void;
  /** Resolves when everything is drawn. */
  drawn(): Promise<void>;
}

/** One line for each step that has ended, through `print`. */
export class PlainSteps implements StepView {
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  started(): void {}

  completed(title: string, note: string | undefined): void {
    this.#print(`done    ${withNote(title, note)}`);
  }

  failed(title: string): void {
    this.#print(`failed  ${title}`);
  }

  undone(titles: readonly string[], failures: readonly string[]): void {
    for (const title of titles) this.#print(`undone  ${title}`);
    for (const failure of failures) this.#print(`not undone  ${failure}`);
  }

  async drawn(): Promise<void> {}
}

interface Task {
  readonly title: string;
  readonly ended: PromiseWithResolvers<string | undefined>;
}

/** A list of all steps on the terminal, which marks the one that is running. */
export class LiveSteps implements StepView {
  readonly #waiting: Task[];
  readonly #running: Task[] = [];
  readonly #list: Promise<unknown>;
  readonly #print: (line: string) => void;

  /** `titles` in the order in which the steps run; `print` takes lines that follow the list. */
  constructor(titles: readonly string[], print: (line: string) => void) {
    this.#print = print;
    this.#waiting = titles.map((title) => ({ title, ended: Promise.withResolvers() }));
    const tasks = this.#waiting.map(({ title, ended }) => ({
      title,
      task: async (_: unknown, drawn: { title: string }) => {
        drawn.title = withNote(title, await ended.promise);
      },
    }));
    for (const { ended } of this.#waiting) ended.promise.catch(() => undefined);
    // It ends with the first step that fails; the caller reports the reason.
    this.#list = new Listr(tasks, { rendererOptions: { collapseErrors: false } }).run().catch(() => undefined);
  }

  started(): void {
    const task = this.#waiting.shift();
    if (task) this.#running.push(task);
  }

  completed(_: string, note: string | undefined): void {
    this.#running.pop()?.ended.resolve(note);
  }

  failed(title: string): void {
    (this.#running.pop() ?? this.#waiting.shift())?.ended.reject(new Error(title));
  }

  undone(titles: readonly string[], failures: readonly string[]): void {
    void this.#list.then(() => {
      for (const title of titles) this.#print(`  undone: ${title}`);
      for (const failure of failures) this.#print(`  ${colour('red', 'not undone:', process.stdout)} ${failure}`);
    });
  }

  async drawn(): Promise<void> {
    // When a step has failed, the list has ended and no task is waiting.
    await this.#list;
  }
}

function withNote(title: string, note: string | undefined): string {
  return note === undefined ? title : `${title}: ${note}`;
}
