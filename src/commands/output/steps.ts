/** How the steps of an installer look while they are done: a list that moves on a terminal, else one plain line for each. */
import { Listr } from 'listr2';
import { colour } from './colour.ts';

/** What is told to whoever shows the steps. */
export interface StepAudience {
  begins(title: string): void;
  done(title: string, note: string | undefined): void;
  /** Why is said by the error that follows. */
  failed(title: string): void;
  undone(titles: readonly string[], failures: readonly string[]): void;
  /** Resolves when everything is on the screen. */
  shown(): Promise<void>;
}

/** One line for each step that is over, through `print`. */
export class PlainSteps implements StepAudience {
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  begins(): void {}

  done(title: string, note: string | undefined): void {
    this.#print(`done    ${withNote(title, note)}`);
  }

  failed(title: string): void {
    this.#print(`failed  ${title}`);
  }

  undone(titles: readonly string[], failures: readonly string[]): void {
    for (const title of titles) this.#print(`undone  ${title}`);
    for (const failure of failures) this.#print(`NOT UNDONE  ${failure}`);
  }

  async shown(): Promise<void> {}
}

interface Task {
  readonly title: string;
  readonly over: PromiseWithResolvers<string | undefined>;
}

/** A list of all steps on the terminal, with a sign at the one that is under way. */
export class LivingSteps implements StepAudience {
  readonly #waiting: Task[];
  readonly #current: Task[] = [];
  readonly #list: Promise<unknown>;
  readonly #print: (line: string) => void;

  /** `titles` in the order in which they will be done; `print` takes lines that come after the list. */
  constructor(titles: readonly string[], print: (line: string) => void) {
    this.#print = print;
    this.#waiting = titles.map((title) => ({ title, over: Promise.withResolvers() }));
    const tasks = this.#waiting.map(({ title, over }) => ({
      title,
      task: async (_: unknown, shown: { title: string }) => {
        shown.title = withNote(title, await over.promise);
      },
    }));
    for (const { over } of this.#waiting) over.promise.catch(() => undefined);
    // It ends with the first step that fails; the reason is told by who runs the steps.
    this.#list = new Listr(tasks, { rendererOptions: { collapseErrors: false } }).run().catch(() => undefined);
  }

  begins(): void {
    const task = this.#waiting.shift();
    if (task) this.#current.push(task);
  }

  done(_: string, note: string | undefined): void {
    this.#current.pop()?.over.resolve(note);
  }

  failed(title: string): void {
    (this.#current.pop() ?? this.#waiting.shift())?.over.reject(new Error(title));
  }

  undone(titles: readonly string[], failures: readonly string[]): void {
    void this.#list.then(() => {
      for (const title of titles) this.#print(`  undone: ${title}`);
      for (const failure of failures) this.#print(`  ${colour('red', 'not undone:', process.stdout)} ${failure}`);
    });
  }

  async shown(): Promise<void> {
    // Nothing is left waiting when a step has failed: the list is over then.
    await this.#list;
  }
}

function withNote(title: string, note: string | undefined): string {
  return note === undefined ? title : `${title}: ${note}`;
}
