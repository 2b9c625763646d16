import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rules } from "./bench/soak/rule-list.ts";
import { abuseDocument } from "./scripts/abuse.ts";
import { asvsDocument } from "./scripts/asvs.ts";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(path));
const read = (path: string) => readFileSync(path, "utf8");
const sources = files.filter((path) => /\.(?:ts|tsx|mjs)$/.test(path));
const isTest = (path: string) =>
  /\.(?:test|fixture)\.tsx?$|(?:^|\/)(?:test|e2e|bench)\//.test(path);
const product = sources.filter((path) => !isTest(path) && /^(?:apps|packages)\//.test(path));

describe("repository rules", () => {
  test("the environment is read in one place of the API", () => {
    const readers = product.filter(
      (path) => /^apps\/api|^packages/.test(path) && /process\.env\b/.test(read(path)),
    );
    expect(readers).toEqual(["apps/api/src/main.ts"]);
  });

  test("no feature imports another feature's files", () => {
    const crossing = product.flatMap((path) => {
      const own = /^apps\/api\/src\/features\/([^/]+)\//.exec(path)?.[1];
      if (!own) return [];
      const imports = [...read(path).matchAll(/from "\.\.\/([^/."]+)\//g)].map((match) => match[1]);
      return imports.filter((name) => name !== own).map((name) => `${path} -> ${name}`);
    });
    expect(crossing).toEqual([]);
  });

  test("a file's place is told by fileURLToPath, so that a path may hold a space", () => {
    const wrong = sources.filter((path) => /import\.meta\.url\)\s*\.pathname/.test(read(path)));
    expect(wrong).toEqual([]);
  });

  test("shared has no I/O and depends on nothing of ours", () => {
    const wrong = product.filter(
      (path) =>
        path.startsWith("packages/shared/") && /from "(?:node:|@muniment\/)/.test(read(path)),
    );
    expect(wrong).toEqual([]);
  });

  test("the SPA takes only types from the API", () => {
    const wrong = product.filter(
      (path) =>
        path.startsWith("apps/web/") &&
        /^import (?!type\b)[^;]*from "@muniment\/(?:api|db)/m.test(read(path)),
    );
    expect(wrong).toEqual([]);
  });

  test("there are no barrels and no catch-all names", () => {
    const names = sources.filter((path) =>
      /(?:^|\/)(?:index|utils?|helpers?|common|misc|types)\.tsx?$|\/(?:utils|helpers|common|misc)\//.test(
        path,
      ),
    );
    expect(names).toEqual([]);
  });

  test("every API feature has a flow test", () => {
    const features = new Set(
      product.flatMap((path) => /^apps\/api\/src\/features\/([^/]+)\//.exec(path)?.[1] ?? []),
    );
    const flows = files
      .filter((path) => /^apps\/api\/test\/.*\.test\.ts$/.test(path))
      .map(read)
      .join("\n");
    const camelCase = (name: string) => name.replaceAll(/-(.)/g, (_, next) => next.toUpperCase());
    const untested = [...features].filter((name) => !flows.includes(`"${camelCase(name)}.`));
    expect(untested).toEqual([]);
  });

  test("docs/asvs.md says what the tests say (else: pnpm docs:asvs)", () => {
    expect(read("docs/asvs.md")).toBe(asvsDocument());
  });

  test("docs/abuse.md says what the abuse rules say (else: pnpm docs:abuse)", () => {
    expect(read("docs/abuse.md")).toBe(abuseDocument(read("docs/abuse.md")));
  });

  test("the rules that pnpm soak:rules takes out stand where its list says, and have their tests", () => {
    const known = (path: string) => (existsSync(path) ? read(path) : "");
    const lost = rules.filter(
      ({ file, code, test: path, name }) =>
        known(file).split(code).length !== 2 || !known(path).includes(name),
    );
    expect(lost.map(({ rule, file }) => `${rule}: ${file}`)).toEqual([]);
    expect(new Set(rules.map(({ rule }) => rule)).size).toBe(rules.length);
  });

  test("each decision record has a number of its own, the same in its name and its heading", () => {
    const records = files.flatMap((path) => {
      const number = /^docs\/adr\/(\d{4})-/.exec(path)?.[1];
      return number ? [{ path, number: Number(number) }] : [];
    });
    expect(records.length).toBeGreaterThan(20);
    expect(new Set(records.map(({ number }) => number)).size).toBe(records.length);
    const wrong = records.filter(({ path, number }) => !read(path).startsWith(`# ${number}. `));
    expect(wrong).toEqual([]);
  });

  test("no test is switched off or run alone", () => {
    const switched = sources.filter((path) =>
      /\b(?:it|test|describe)\.(?:only|todo)\(/.test(read(path)),
    );
    expect(switched).toEqual([]);
  });

  test("no secret is committed", () => {
    const secret =
      /mnt_[0-9A-Za-z]{44}|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|AKIA[0-9A-Z]{16}|ghp_[0-9A-Za-z]{36}/;
    const text = files.filter((path) => !/\.(?:png|jpg|woff2?)$/.test(path));
    expect(text.filter((path) => path !== "repo.test.ts" && secret.test(read(path)))).toEqual([]);
  });

  test("nothing leaves the API but through its egress guard", () => {
    const leaving =
      /\bfetch\(|\bhttps?\.(?:get|request)\(|^import (?!type\b)[^;]*\b(?:request|get|connect|createConnection|Agent)\b[^;]*from "node:(?:https?|net|tls|http2|dgram)"|^import \*[^;]*"node:(?:https?|net|tls|http2|dgram)"|"undici"|\b(?:require|import)\("node:(?:https?|net|tls|http2|dgram)"\)/m;
    const wrong = product.filter(
      (path) =>
        path.startsWith("apps/api/src/") &&
        !path.startsWith("apps/api/src/egress/") &&
        leaving.test(read(path)),
    );
    expect(wrong).toEqual([]);
  });

  test("raw SQL text is written only where the database package or a migration needs it", () => {
    const unsafe = product.filter((path) => /\.unsafe\(|sql\.raw\(/.test(read(path)));
    const allowed = /^packages\/db\/src\/|^apps\/api\/src\/features\/events\//;
    expect(unsafe.filter((path) => !allowed.test(path))).toEqual([]);
  });
});
