/** The configuration of a daemon: the one in force, and what may change in it without a restart. */
import { type ConfigOf, type DeclaredKey, declaredKeys, type Sections } from '../../core/settings/sections.ts';
import { configOf, valueOf } from './values.ts';

export class LiveConfig<S extends Sections> {
  readonly #sections: S;
  #current: ConfigOf<S>;

  /** Takes the sections that `config` was loaded by. */
  constructor(sections: S, config: ConfigOf<S>) {
    this.#sections = sections;
    this.#current = config;
  }

  get current(): ConfigOf<S> {
    return this.#current;
  }

  /** Full names of the keys that differ in `next` from the configuration in force and take effect after a restart only. */
  fixed(next: ConfigOf<S>): readonly string[] {
    const isSame = (declared: DeclaredKey): boolean =>
      JSON.stringify(valueOf(next, declared)) === JSON.stringify(valueOf(this.#current, declared));
    return declaredKeys(this.#sections)
      .filter((declared) => !declared.key.isReloadable && !isSame(declared))
      .map(({ fullName }) => fullName);
  }

  /** Takes from `next` what a reload applies; the rest stays as it was at the start. */
  apply(next: ConfigOf<S>): void {
    const before = this.#current;
    this.#current = configOf(this.#sections, (declared) =>
      valueOf(declared.key.isReloadable ? next : before, declared),
    );
  }
}
