/** How much work of each key is under way, for limits. */
export class UnderWay {
  readonly #counts = new Map<string, number>();

  /** Begins work; gives what ends it, or undefined when `most` of that key are under way (-1: no limit). */
  begin(key: string, most: number): (() => void) | undefined {
    const count = this.#counts.get(key) ?? 0;
    if (most >= 0 && count >= most) return undefined;
    this.#counts.set(key, count + 1);
    return () => this.#end(key);
  }

  /** True while work of another key is under way. */
  hasOther(key: string): boolean {
    return this.#counts.size > (this.#counts.has(key) ? 1 : 0);
  }

  #end(key: string): void {
    const count = (this.#counts.get(key) ?? 0) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
