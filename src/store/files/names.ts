/** Names of files that are not finished, and of damaged ones that are set aside. */
export const TEMPORARY = /^\..*\.tmp$/;

/** A name in the same directory for a file that is not finished; `isTemporary` knows it again after a crash. */
export function temporaryName(name: string): string {
  return `.${name}.${process.pid}.tmp`;
}

export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** `<path>.damaged-20300131T120000Z`; with a number behind it when that name is `taken`. */
export function asidePath(path: string, now: Date, taken: (path: string) => boolean): string {
  const time = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const first = `${path}.damaged-${time}`;
  let aside = first;
  for (let number = 2; taken(aside); number++) aside = `${first}-${number}`;
  return aside;
}
