import { createHmac, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordSettings } from "../src/audit/record-settings.ts";
import { deriveSecrets } from "../src/secrets.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

const element = () => randomBytes(36).toString("base64url");
const rings = {
  JWT_SECRET: element(),
  API_KEY_SECRET: element(),
  ENCRYPTION_KEY: element(),
  AUDIT_SIGNING_KEY: element(),
};
const smtp = "smtp://mailer:swordfish-of-smtp@mail.example.org";
const env = { ...rings, SIGN_UP: "open", SMTP_URL: smtp, METRICS_TOKEN: "token-of-the-metrics" };

let server: TestServer;
let auditor: UserClient;
beforeAll(async () => {
  server = await startTestServer({ env });
  auditor = await server.user("auditor");
});
afterAll(() => server.stop());

/** What the system entered of settings and rings, oldest first, and of one moment by what it is about. */
async function entered() {
  const actions = ["config.changed", "key_ring.rotated"];
  const { items } = must(await auditor.query("audit.search", { actions, limit: 100 }));
  const placeOf = ({ at, action, target }: (typeof items)[0]) => `${at} ${action} ${target.id}`;
  return items.sort((a: (typeof items)[0], b: (typeof items)[0]) =>
    placeOf(a) < placeOf(b) ? -1 : 1,
  );
}
/** What a start with other variables enters. */
async function enteredByStart(other: Record<string, string>) {
  const before = (await entered()).length;
  const node = await startTestServer({ besides: server, env: { ...env, ...other } });
  await node.stop();
  return (await entered()).slice(before);
}
const namesIn = ({ details }: { details: { changed: { name: string }[] } }) =>
  details.changed.map(({ name }) => name);

test("the first start enters its settings, and one like it nothing", async () => {
  const [first, ...others] = await entered();
  expect(others).toEqual([]);
  expect(first).toMatchObject({
    action: "config.changed",
    actor: { kind: "system" },
    details: { changed: [], settings: { SIGN_UP: "open", RATE_LIMIT_USER_MAX: "600" } },
  });
  const { deps } = server;
  await recordSettings(deps, deps.config.settings, deps.secrets);
  expect(await entered()).toHaveLength(1);
});

test("a start of another node, which listens elsewhere and keeps its files elsewhere, enters nothing", async () => {
  const elsewhere = { HOST: "localhost", DATA_DIR: `${server.dataDir}-of-another` };
  expect(await enteredByStart(elsewhere)).toEqual([]);
  const { deps } = server;
  const { shown, hidden } = deps.config.settings;
  // Entries of before hold what is of one node, too.
  const before = { shown: { ...shown, PORT: "1", HOST: "::", LOG_LEVEL: "debug" }, hidden };
  await recordSettings(deps, before, deps.secrets);
  await recordSettings(deps, deps.config.settings, deps.secrets);
  expect((await entered()).slice(1).map(namesIn)).toEqual([["LOG_LEVEL"], ["LOG_LEVEL"]]);
});

test("a start with other settings enters which, with the values of those that are no secret", async () => {
  const secret = "smtp://mailer:another-of-smtp@mail.example.org";
  const [entry, ...others] = await enteredByStart({
    SIGN_UP: "closed",
    RATE_LIMIT_USER_MAX: "60000",
    SMTP_URL: secret,
    MODEL_BASE_URL: "https://models.example.org/key-in-the-path",
    MODEL_NAME: "small",
    MODEL_API_KEY: "key-of-the-model",
  });
  expect(others).toEqual([]);
  expect(entry.details.changed).toEqual([
    { name: "MODEL_API_KEY", from: null, to: null },
    { name: "MODEL_BASE_URL", from: null, to: null },
    { name: "MODEL_NAME", from: null, to: "small" },
    { name: "RATE_LIMIT_USER_MAX", from: "600", to: "60000" },
    { name: "SIGN_UP", from: "open", to: "closed" },
    { name: "SMTP_URL", from: null, to: null },
  ]);
  const [log] = await server.owner`select string_agg(e::text, ' ') as text from audit_entries e`;
  for (const text of ["swordfish", "another-of", "token-of", "key-of", "key-in", rings.JWT_SECRET])
    expect(log?.text).not.toContain(text);
  expect(namesIn((await enteredByStart({}))[0])).toContain("SMTP_URL");
});

test("secrets alone do not tell what is entered of them: by no log can they be guessed", async () => {
  const { deps, owner } = server;
  const record = () => recordSettings(deps, deps.config.settings, deps.secrets);
  const [mine] = await entered();
  const [random] = await owner`select key from fingerprint_key`;
  expect(random?.key).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify(await entered())).not.toContain(random?.key);
  await owner`update fingerprint_key set key = 'of another installation'`;
  await record();
  const [same] = (await entered())
    .slice(1)
    .reverse()
    .filter((item: typeof mine) => item.details.rings);
  await owner`update fingerprint_key set ${owner(random ?? {})}`;
  await record();
  expect(same.details.settings).toEqual(mine.details.settings);
  const marksOf = ({ hidden, rings }: typeof mine.details) => [
    ...Object.values(hidden),
    ...Object.values(rings).flat(),
  ];
  expect(marksOf(mine.details).length).toBeGreaterThan(5);
  expect(marksOf(mine.details).filter((one) => marksOf(same.details).includes(one))).toEqual([]);
});

test("an entry of before, by secrets alone, is compared with as one of today", async () => {
  const { deps } = server;
  const { settings } = deps.config;
  const [mac = ""] = deps.secrets.settingsMacs;
  const hidden = Object.entries(settings.hidden).map(([name, value]) => {
    const hash = createHmac("sha256", mac).update(`${name}=${value}`).digest("base64url");
    return [name, hash.slice(0, 16)];
  });
  const { fingerprints } = deps.secrets;
  const before = {
    settings: settings.shown,
    hidden: Object.fromEntries(hidden),
    rings: fingerprints,
  };
  await server.owner`
    insert into audit_entries (id, at, actor_kind, action, target_kind, outcome, details, personal, xact)
    values (gen_random_uuid(), now(), 'system', 'config.changed', 'configuration', 'success',
      ${server.owner.json({ changed: [], ...before })}, '{}', pg_current_xact_id())`;
  const count = (await entered()).length;
  await recordSettings(deps, settings, deps.secrets);
  expect(await entered()).toHaveLength(count);
  const started = await enteredByStart({
    JWT_SECRET: `${element()},${env.JWT_SECRET}`,
    SMTP_URL: "smtp://mailer:another@mail.example.org",
  });
  expect(namesIn(started[0])).toEqual(["JWT_SECRET", "SMTP_URL"]);
  expect(started[1].details).toMatchObject({ added: [expect.any(String)], removed: [] });
  const text = JSON.stringify(started);
  for (const plain of Object.values(fingerprints).flat()) expect(text).not.toContain(plain);
  await enteredByStart({});
});

test("a start with other secrets enters what was added to each ring and what left it", async () => {
  const next = element();
  const started = await enteredByStart({
    ENCRYPTION_KEY: `${next},${rings.ENCRYPTION_KEY}`,
    JWT_SECRET: element(),
  });
  const [config, ...rotations] = started;
  // The hidden settings are compared under the key that stays.
  expect(namesIn(config)).toEqual(["ENCRYPTION_KEY", "JWT_SECRET"]);
  expect(rotations).toMatchObject([
    {
      action: "key_ring.rotated",
      target: { kind: "key_ring", id: "ENCRYPTION_KEY" },
      details: { added: [expect.any(String)], removed: [] },
    },
    {
      target: { id: "JWT_SECRET" },
      details: { added: [expect.any(String)], removed: [expect.any(String)] },
    },
  ]);
  expect(rotations[0].details.newest).toBe(rotations[0].details.added[0]);
  const [back, ...others] = await enteredByStart({});
  expect(namesIn(back)).toEqual(["ENCRYPTION_KEY", "JWT_SECRET"]);
  expect(others).toMatchObject([{ details: { added: [] } }, { target: { id: "JWT_SECRET" } }]);
});

test("starts at the same time enter a change once", async () => {
  const { deps } = server;
  const { shown, hidden } = deps.config.settings;
  const settings = { shown: { ...shown, LOG_LEVEL: "trace" }, hidden };
  const before = (await entered()).length;
  const record = () => recordSettings(deps, settings, deps.secrets);
  await Promise.all([record(), record(), record()]);
  expect(await entered()).toHaveLength(before + 1);
});

test("where the key of then is gone, hidden settings are not told as changed", async () => {
  const { deps } = server;
  const ofRings = (ring: string[]) =>
    deriveSecrets({
      JWT_SECRET: [rings.JWT_SECRET],
      API_KEY_SECRET: [rings.API_KEY_SECRET],
      ENCRYPTION_KEY: ring,
      AUDIT_SIGNING_KEY: [rings.AUDIT_SIGNING_KEY],
    });
  await recordSettings(deps, deps.config.settings, ofRings([element()]));
  const [entry] = (await entered()).slice(-2);
  expect(namesIn(entry)).toEqual(["ENCRYPTION_KEY", "LOG_LEVEL"]);
});
