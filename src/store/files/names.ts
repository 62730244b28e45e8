/** Names of temporary files, and of damaged files that are moved aside. */
const TEMPORARY = /^\..*\.tmp$/;

/** Gives the name of a temporary file in the same directory; `isTemporary` recognises it after a crash. */
export function temporaryName(name: string): string {
  return `.${name}.${process.pid}.tmp`;
}

export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Gives `<path>.damaged-20300131T120000Z`, with a number at its end when that name is taken. */
export function asidePath(path: string, now: Date, isTaken: (path: string) => boolean): string {
  const time = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const first = `${path}.damaged-${time}`;
  let aside = first;
  for (let number = 2; isTaken(aside); number++) aside = `${first}-${number}`;
  return aside;
}
