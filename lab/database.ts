/** MariaDB, asked by the lab itself. */
import { STATE } from './place.ts';
import { run } from './shell.ts';

/** Runs statements as the database's root. Gives the rows, one a line. */
export function sql(statements: string): Promise<string> {
  return run(['mariadb', `--socket=${STATE}/run/mysqld.sock`, '-u', 'root', '-N', '-e', statements]);
}

/** The first column of what a query finds. */
export async function column(query: string): Promise<readonly string[]> {
  return (await sql(query)).split('\n').filter(Boolean);
}
