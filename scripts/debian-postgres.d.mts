/** The folder of programs of the newest PostgreSQL that Debian's packages installed, 15 or newer. */
export function debianPostgres(root?: string): string | undefined;
