import type { Database } from "@muniment/db/database.ts";
import type { Jobs } from "../jobs.ts";
import type { KeptFiles } from "./kept-files.ts";

const deletedAtOnce = 1000;

/** What uploads need done outside requests. */
export function defineUploadJobs({
  jobs,
  database,
  files,
}: {
  jobs: Jobs;
  database: Database;
  files: KeptFiles;
}): void {
  jobs.every("delete-uploads-of-gone-events", 600, async () => {
    for (let deleted = deletedAtOnce; deleted === deletedAtOnce; ) {
      const [row] =
        await database.raw`select delete_uploads_of_gone_events(${deletedAtOnce}::int) as deleted`;
      deleted = Number(row?.deleted);
    }
  });
  jobs.every("delete-files", 60, files.sweep);
}
