import type { Facts } from "./facts.ts";
import { readCertificates } from "./gather/certificates.ts";
import { type DatabaseFacts, externalOf, readEmbedded } from "./gather/database.ts";
import { readDisks } from "./gather/disks.ts";
import { type FilesFacts, readFiles } from "./gather/files.ts";
import { readRuntime } from "./gather/runtime.ts";
import { readSettings, type SettingsFacts } from "./gather/settings.ts";

type Options = {
  /** What the server is started with, or would be. */
  env: Record<string, string | undefined>;
  /** The file that those come from, where they do. */
  envFile?: string | undefined;
  /** The folder of a deployment, with its secrets and environment files. */
  project: string;
  now: Date;
  /** Looks at no more mails of the outbox than these. */
  mostMails?: number;
  /** Asks the database about itself. */
  ask(settings: SettingsFacts, files: FilesFacts): Promise<DatabaseFacts["live"]>;
};

/** Looks at an installation without changing it. */
export async function gatherFacts({ ask, now, env, ...places }: Options): Promise<Facts> {
  const settings = readSettings(env);
  const { dataDir } = settings.config;
  const files = await readFiles({ env, dataDir, ...places });
  const [live, embedded, certificates] = await Promise.all([
    ask(settings, files),
    settings.database ? null : readEmbedded(dataDir),
    readCertificates(settings),
  ]);
  const database = embedded?.directory?.path;
  const disks = await readDisks([
    { holds: "DATA_DIR", path: dataDir },
    ...(database === undefined ? [] : [{ holds: "the embedded database", path: database }]),
  ]);
  return {
    now,
    settings,
    runtime: readRuntime(env, process.versions.node),
    files,
    disks,
    database: { embedded, external: externalOf(settings), live },
    certificates,
  };
}
