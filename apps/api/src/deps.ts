import { setMaxListeners } from "node:events";
import { hostname } from "node:os";
import type { ConnectionFacts } from "@muniment/db/connection.ts";
import {
  type Database,
  type DatabaseConnections,
  openDatabase,
  type Tx,
} from "@muniment/db/database.ts";
import type { Logger } from "pino";
import { judge } from "./abuse/judge.ts";
import { createKeyPlaces } from "./abuse/key-places.ts";
import { createSightings, type Sightings } from "./abuse/sightings.ts";
import { raiseAlert } from "./alerts/raise.ts";
import { tellAlerts } from "./alerts/tell.ts";
import { openOwnCheckpoint } from "./audit/checkpoints.ts";
import { createDataKeys, type DataKeys, findKeysOver } from "./audit/data-keys.ts";
import { createFolding, type Folding } from "./audit/folding.ts";
import { createInclusionProofs, type ProveInclusion } from "./audit/proofs.ts";
import { recordSettings } from "./audit/record-settings.ts";
import { createRefusals, type Refusals } from "./audit/refusals.ts";
import { createSealer, type Sealer, turnMilliseconds } from "./audit/sealer.ts";
import { keepSeenCheckpoint } from "./audit/seen-checkpoint.ts";
import { watchSealing } from "./audit/watch-sealing.ts";
import type { Config } from "./config.ts";
import { type DatabaseHealth, watchDatabase } from "./database-health.ts";
import { type DiskSpace, watchDiskSpace } from "./disk-space.ts";
import { createEgress, type Egress } from "./egress/egress.ts";
import { createEncryption, type Encryption } from "./encryption.ts";
import { applyErasureLedger, applyErasureLedgerFirst } from "./erasure/apply-ledger.ts";
import { defineErasureJobs } from "./erasure/jobs.ts";
import { type ErasureLedger, ownLedger } from "./erasure/ledger.ts";
import { openOtherLedgers } from "./erasure/other-ledgers.ts";
import type { EventQueries } from "./event-queries.ts";
import { defineAccountJobs } from "./features/account/jobs.ts";
import { evaluateDue, lookBackDue } from "./features/alert-rules/evaluate.ts";
import { createWaker } from "./features/alert-rules/waker.ts";
import { defineAuthJobs } from "./features/auth/jobs.ts";
import { conditionOf } from "./features/events/conditions.ts";
import { countFacets } from "./features/events/count-facets.ts";
import { findEvents } from "./features/events/find-events.ts";
import { foldAgentCounters, foldCounts } from "./features/events/fold-counts.ts";
import { hourlyCounts } from "./features/events/hourly-counts.ts";
import { indexEvents } from "./features/events/index-events.ts";
import { createIngestQueue, type IngestQueue } from "./features/events/ingest-queue.ts";
import { createIntake } from "./features/events/intake.ts";
import { defineEventJobs } from "./features/events/jobs.ts";
import { agentsNamed, toQuestion } from "./features/events/question.ts";
import { toEvent } from "./features/events/read-events.ts";
import { createStoreEvents } from "./features/events/store-events.ts";
import { createTailHub, type TailHub } from "./features/events/tail-hub.ts";
import { defineImportJobs } from "./features/imports/jobs.ts";
import { defineWebhookJobs } from "./features/webhooks/jobs.ts";
import { type AccessTokens, createAccessTokens } from "./identity/access-tokens.ts";
import { endRoles } from "./identity/end-roles.ts";
import { createFailedSignIns, type FailedSignIns } from "./identity/failed-sign-ins.ts";
import { createIdentities, type Identities } from "./identity/identities.ts";
import { createPageOrigins, type PageOrigins } from "./identity/page-origins.ts";
import { writeUsedKeys } from "./identity/used-keys.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import { reencryptOver } from "./key-rotation/reencrypt.ts";
import { createLimits, type Limits } from "./limits/limiter.ts";
import { openRedis } from "./limits/open-redis.ts";
import { loadLimitOverrides } from "./limits/overrides.ts";
import { createMailer, type Mailer } from "./mailer.ts";
import { createMemorySlots, type MemorySlots } from "./memory-slots.ts";
import { countReceived } from "./metrics/count-received.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { createNotify, type Notify } from "./notices/notify.ts";
import { defineExportJob } from "./own-data/export-job.ts";
import { createOwnPosture, type OwnPosture } from "./posture/own-posture.ts";
import { createSpaceTelling } from "./posture/tell-of-space.ts";
import { watchPosture } from "./posture/watch-posture.ts";
import { repeat } from "./repeat.ts";
import { createSearchSlots, type SearchSlots } from "./search-slots.ts";
import type { Secrets } from "./secrets.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import { traceJobs } from "./telemetry/trace-jobs.ts";
import { type WatchedCalls, watchCalls } from "./telemetry/watch-calls.ts";
import { createFileStore } from "./uploads/file-store.ts";
import { createInspector, type Inspector } from "./uploads/inspector.ts";
import { defineUploadJobs } from "./uploads/jobs.ts";
import { createKeptFiles, type KeptFiles } from "./uploads/kept-files.ts";
import { createScanner, type Scanner } from "./uploads/scanner.ts";
import { deliverCheckpoints } from "./witnesses/deliver.ts";
import { nameFile } from "./witnesses/manage.ts";

/** Everything that has a lifetime or must be replaced in a test. */
export type Deps = {
  config: Config;
  secrets: Secrets;
  log: Logger;
  now: () => Date;
  database: Database;
  /** How the database's owner connects, for what only an owner may. */
  owner: ConnectionFacts;
  /** Of the embedded database; null where it is another server's. */
  databaseDirectory: string | null;
  health: DatabaseHealth;
  databaseSpace: DiskSpace;
  fileSpace: DiskSpace;
  /** Null where nobody may read them. */
  metrics: Metrics | null;
  /** Null where nothing is sent to a collector. */
  telemetry: Telemetry | null;
  calls: WatchedCalls;
  limits: Limits;
  accessTokens: AccessTokens;
  identities: Identities;
  pageOrigins: PageOrigins;
  dataKeys: DataKeys;
  folding: Folding;
  refusals: Refusals;
  posture: OwnPosture;
  sightings: Sightings;
  sealer: Sealer;
  proveInclusion: ProveInclusion;
  encryption: Encryption;
  ledger: ErasureLedger;
  egress: Egress;
  jobs: Jobs;
  mailer: Mailer;
  notify: Notify;
  failedSignIns: FailedSignIns;
  searchSlots: SearchSlots;
  uploadSlots: MemorySlots;
  downloadSlots: MemorySlots;
  auditExportSlots: MemorySlots;
  eventExportSlots: MemorySlots;
  files: KeptFiles;
  inspector: Inspector;
  /** Null where none is configured. */
  scanner: Scanner | null;
  eventQueries: EventQueries;
  ingest: IngestQueue;
  tails: TailHub;
  /** Whether the start is complete, the setup link told; only then the server is ready. */
  started: boolean;
  /** Aborted when the server starts to drain: streams end. */
  stopping: AbortSignal;
  stop(): void;
  [Symbol.asyncDispose](): Promise<void>;
};

export type DepsInput = {
  /** What the configuration was read from. */
  env: Record<string, string | undefined>;
  config: Config;
  secrets: Secrets;
  connections: DatabaseConnections;
  owner: ConnectionFacts;
  /** Of the embedded PostgreSQL; null where the database is elsewhere. */
  databaseDirectory: string | null;
  log: Logger;
  telemetry: Telemetry | null;
  now?: () => Date;
};

/** The composition root: opens what the server needs; disposing closes it in the reverse order. */
export async function createDeps(input: DepsInput): Promise<Deps> {
  const { config, secrets, log, telemetry } = input;
  const now = input.now ?? (() => new Date());
  const database = openDatabase(input.connections, telemetry?.watchLane);
  const redis = config.redisUrl ? await openRedis(config.redisUrl, log) : null;
  // The same after a restart where the host keeps its name, so that it can take back what it told of itself.
  const node = `${hostname()}:${config.port}`;
  const tellApart = async (tx: Tx) =>
    raiseAlert(tx, "limits_apart", { userId: null, key: node, details: { node }, now: now() });
  const limits = createLimits(config.limits, redis, log, () => {
    database
      .transaction({}, tellApart)
      .catch((error: unknown) => log.error({ err: error }, "nobody was told of the limits"));
  });
  await loadLimitOverrides(database, limits);
  const accessTokens = await createAccessTokens(config, secrets, now);
  const identities = createIdentities(database, config, secrets, accessTokens, now);
  const encryption = createEncryption(secrets.encryption);
  const dataKeys = createDataKeys(
    database.raw,
    encryption,
    secrets.emailHashes,
    findKeysOver(database),
  );
  const folding = createFolding(database, dataKeys, secrets.foldedCallers, now);
  const sightings = createSightings(database, secrets.foldedCallers, now);
  const keyPlaces = createKeyPlaces(database, sightings, now);
  const refusals = createRefusals(folding, sightings, now, log);
  const sealer = createSealer({
    database,
    seeds: secrets.auditSigning,
    origin: `${config.publicUrl.host}/audit`,
    seen: keepSeenCheckpoint(config.dataDir),
    now,
    log,
  });
  const egress = createEgress(config.egressAllow);
  const plainJobs = createJobs(database, encryption, now, log);
  const jobs = telemetry ? traceJobs(plainJobs, telemetry) : plainJobs;
  const mailer = createMailer(jobs, config);
  const notify = createNotify(mailer, config.publicUrl, now);
  const failedSignIns = createFailedSignIns(database, dataKeys, notify, now);
  const tails = createTailHub(database);
  const spaceTelling = createSpaceTelling({
    database,
    node,
    now,
    log,
    isEnough: () => databaseSpace.enough && fileSpace.enough,
  });
  const spaceOf = (directory: string | null) =>
    watchDiskSpace(directory, config.diskReserveBytes, log, spaceTelling.tell);
  const databaseSpace = spaceOf(input.databaseDirectory);
  const fileSpace = spaceOf(config.s3 ? null : config.dataDir);
  // What it told before it was started anew may be so no longer.
  spaceTelling.tell();
  const ruleWaker = createWaker((userIds) => evaluateDue(alerting, userIds), log);
  const queue = createIngestQueue(createStoreEvents(database), (userIds) => {
    tails.wake(userIds);
    ruleWaker.wake(userIds);
  });
  const health = watchDatabase(database, log);
  const metrics =
    config.metricsToken === null
      ? null
      : createMetrics({
          ...{ database, health, sealer, tails, limits, now },
          spaces: [databaseSpace, fileSpace],
        });
  const calls = watchCalls({ config, metrics, telemetry, log });
  const add = metrics ? countReceived(metrics, queue.add) : queue.add;
  const ingest: IngestQueue = {
    add(batch) {
      databaseSpace.require();
      return add(batch);
    },
    stop: queue.stop,
  };
  const inspector = createInspector();
  const files = createKeptFiles(createFileStore(config), { database, dataKeys, now });
  const stopping = new AbortController();
  // Every open stream listens; Node.js would take more than ten for a leak.
  setMaxListeners(0, stopping.signal);

  const posture = createOwnPosture({ env: input.env, database, now, log });
  jobs.every("watch-posture", 3600, watchPosture({ database, posture, node, now }), 3600);
  jobs.every("close-refusals", 20, folding.close);
  jobs.every("watch-sealing", 30, watchSealing(database, sealer, now));
  // With what is noted within a second, a verdict comes within 15 s.
  jobs.every("judge-abuse", 10, () => judge(database, now));
  jobs.every("unlock-accounts", 20, failedSignIns.unlock);
  jobs.every("end-roles", 20, endRoles({ database, dataKeys, notify, now }));
  // What is left of a rotation of ENCRYPTION_KEY that the command did not get to.
  jobs.every("encrypt-anew", 600, async () => {
    if (secrets.encryption.length > 1) await reencryptOver(input.owner, encryption);
  });
  jobs.every("delete-expired", 600, async () => {
    await database.raw`select delete_expired_links()`;
    await database.raw`select delete_expired_sessions()`;
    await database.raw`select delete_old_sign_ins()`;
    await database.raw`select delete_expired_challenges()`;
    await database.raw`select delete_expired_exports()`;
  });
  const resolveOver =
    (reads: Database["reads"]): EventQueries["resolve"] =>
    async (userId, query) => {
      const asker = { userId, retentionDays: null };
      return (await toQuestion({ database: { reads }, config, now }, asker, { query })).query;
    };
  const eventQueries: EventQueries = {
    condition: conditionOf,
    agentsNamed: (userId, text) => agentsNamed({ database }, userId, text),
    ask: (asker, asked, as) => toQuestion({ database, config, now }, asker, asked, as),
    newest: async (userId, asked, fetch) => {
      const page = { place: undefined, fetch, now: now().getTime() };
      return (await findEvents(database, userId, asked, page)).map(toEvent);
    },
    facets: async (userId, asked, fields, limit) => {
      const bounds = { fields, limit, now: now().getTime() };
      return (await countFacets(database, userId, asked, bounds)).facets;
    },
    hourlyCounts: (userId, asked, most) =>
      hourlyCounts(database, userId, asked, { most, now: now().getTime() }),
    resolve: resolveOver(database.reads),
  };
  const witnessing = {
    database,
    egress,
    encryption,
    mailer,
    config,
    now,
    openOwn: (note: string) => openOwnCheckpoint(note, secrets.auditSigning),
  };
  const { publicUrl } = config;
  const queries = { ...eventQueries, resolve: resolveOver(database.background) };
  const alerting = { database, queries, jobs, mailer, publicUrl, now, log };

  defineEventJobs(jobs, database, config, now);
  defineAuthJobs({ jobs, database, dataKeys, mailer, config, now });
  defineAccountJobs({ jobs, database, mailer, config, now });
  defineWebhookJobs({ database, dataKeys, encryption, egress, jobs, notify, now });
  defineUploadJobs({ jobs, database, files });
  const ledger: ErasureLedger = {
    own: ownLedger(config.dataDir),
    others: openOtherLedgers({ config, database, egress, encryption, secrets, now }),
  };
  const { owner } = input;
  const erasing = {
    database,
    dataKeys,
    folding,
    sightings,
    jobs,
    config,
    secrets,
    now,
    identities,
    ledger,
    owner,
    databaseDirectory: input.databaseDirectory,
    files,
    log,
  };
  defineErasureJobs(erasing);
  defineExportJob({ database, databaseSpace, dataKeys, files, jobs, mailer, config, now });
  const intake = createIntake(ingest, database);
  const stopped = () => stopping.signal.aborted;
  defineImportJobs({ database, dataKeys, jobs, intake, now, stopped });
  // What is looked up of a log that was restored elsewhere is found at once when it is sealed.
  const sealNow = () =>
    sealer.seal().catch((error: unknown) => log.error({ err: error }, "audit log"));
  await sealNow();
  await applyErasureLedgerFirst(erasing);
  jobs.every("delete-old-exports", 3600, async () => {
    const before = new Date(now().getTime() - 90 * 86_400_000).toISOString();
    await database.raw`select delete_old_exports(${before}::text::timestamptz)`;
  });
  jobs.every("delete-old-alerts", 3600, async () => {
    await database.raw`select delete_old_alerts(${now().toISOString()}::text::timestamptz)`;
  });
  jobs.every("delete-old-sightings", 600, async () => {
    await database.raw`select delete_old_sightings(${now().toISOString()}::text::timestamptz)`;
  });
  jobs.every("delete-given-up-jobs", 3600, jobs.deleteGivenUp);
  await jobs.start();

  await recordSettings({ database, dataKeys, now }, config.settings, secrets);
  if (config.auditCheckpointFile) {
    await nameFile({ database, dataKeys, now }, config.auditCheckpointFile);
  }
  // So that there is a checkpoint to ask for from the start.
  await sealNow();
  // Each by itself, so that one that fails does not keep the others from working.
  const stopEach = [
    folding.flush,
    failedSignIns.flush,
    () => writeUsedKeys(database, identities, keyPlaces),
    sightings.flush,
    () => loadLimitOverrides(database, limits),
    () => foldCounts(database.raw),
    () => foldAgentCounters(database.raw),
  ].map((act) => repeat(1000, act, log));
  stopEach.push(repeat(turnMilliseconds, sealer.seal, log));
  stopEach.push(repeat(1000, () => deliverCheckpoints(witnessing, stopped), log));
  stopEach.push(repeat(500, () => evaluateDue(alerting), log));
  stopEach.push(repeat(1000, () => lookBackDue(alerting), log));
  stopEach.push(repeat(500, () => tellAlerts(alerting), log));
  stopEach.push(repeat(2000, () => indexEvents(database, () => stopping.signal.aborted), log));
  const ledgerTimer = setInterval(() => {
    applyErasureLedger(erasing).catch((error: unknown) => log.warn({ err: error }, "the ledger"));
  }, 60_000).unref();

  return {
    config,
    secrets,
    log,
    now,
    database,
    owner,
    databaseDirectory: input.databaseDirectory,
    health,
    databaseSpace,
    fileSpace,
    metrics,
    telemetry,
    calls,
    limits,
    accessTokens,
    identities,
    pageOrigins: createPageOrigins(database, now),
    dataKeys,
    folding,
    refusals,
    posture,
    sightings,
    sealer,
    proveInclusion: createInclusionProofs(database.raw),
    encryption,
    ledger,
    egress,
    jobs,
    mailer,
    notify,
    failedSignIns,
    searchSlots: createSearchSlots(),
    uploadSlots: createMemorySlots("uploads"),
    // More than of uploads: a slow reader has one for as long as it reads.
    downloadSlots: createMemorySlots("downloads", { atOnce: 32, ofOneUser: 4 }),
    auditExportSlots: createMemorySlots("exports"),
    // Each holds up to 16 MB for as long as its reader takes; of one user two are allowed to begin.
    eventExportSlots: createMemorySlots("exports", { atOnce: 16, ofOneUser: 3 }),
    files,
    inspector,
    scanner: createScanner(config),
    eventQueries,
    ingest,
    tails,
    started: false,
    stopping: stopping.signal,
    stop: () => stopping.abort(),
    async [Symbol.asyncDispose]() {
      // Takes no more from now on; what is under way may last, and what callers wait for goes first.
      clearInterval(ledgerTimer);
      const jobsStopped = jobs.stop();
      await ingest.stop();
      await Promise.all([ruleWaker.stop(), ...stopEach.map((stop) => stop())]);
      await jobsStopped;
      calls.close();
      refusals.close();
      await inspector.stop();
      health.stop();
      databaseSpace.stop();
      fileSpace.stop();
      spaceTelling.stop();
      await database.close();
      redis?.disconnect();
    },
  };
}
