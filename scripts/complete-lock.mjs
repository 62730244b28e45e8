// A registry mirror without other platforms' optional packages makes `npm install` leave them out of package-lock.json,
// and `npm ci` refuses such a lock elsewhere. Adds an entry for each, with platform and processor taken from its name.
import { readFileSync, writeFileSync } from 'node:fs';

const PLATFORM = /android|darwin|linux|win32|freebsd|openbsd|netbsd|sunos|aix|openharmony|wasm32/;
const PROCESSOR = /x64|arm64|riscv64|ppc64|s390x|loong64|mips64el|ia32|arm/;

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
let added = 0;
for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key]) continue;
    const [os = 'none'] = PLATFORM.exec(name) ?? [];
    const [cpu = 'none'] = PROCESSOR.exec(name) ?? [];
    const libc = name.includes('musl') ? { libc: ['musl'] } : {};
    lock.packages[key] = { version, ...(owner.dev && { dev: true }), optional: true, os: [os], cpu: [cpu], ...libc };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} optional packages of other platforms added`);
