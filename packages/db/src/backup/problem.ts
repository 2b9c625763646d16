/** Why a backup could not be made, read or restored, in words for its operator. */
export class BackupProblem extends Error {}

/** What was read is not what was written: cut off, altered, or no backup at all. */
export class BackupDamaged extends BackupProblem {
  constructor(what: string, options?: ErrorOptions) {
    super(`the backup is damaged: ${what}`, options);
  }
}
