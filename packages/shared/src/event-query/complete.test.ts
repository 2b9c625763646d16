import { expect, test } from "vitest";
import { completeEventQuery } from "./complete.ts";

const known = {
  types: ["ssh.login.failed", "ssh.login.ok", "http.request"],
  agents: ["web", "my shop"],
  paths: ["user", "request.status"],
  valuesOf: (path: string) => (path === "user" ? ["root"] : []),
};
/** The texts offered where `|` stands, put in their place. */
const offered = (marked: string) => {
  const cursor = marked.indexOf("|");
  const text = marked.replace("|", "");
  return completeEventQuery(text, cursor, known).map(
    (one) => text.slice(0, one.from) + one.text + text.slice(one.to),
  );
};

test("offers fields where a term begins, and values behind an operator", () => {
  expect(offered("|")).toContain("level:");
  expect(offered("lev|")).toEqual(["level:"]);
  expect(offered("type:ssh level>=w|")).toEqual(["type:ssh level>=warn"]);
  expect(offered("type:ss| level:warn")).toEqual([
    "type:ssh.login.failed level:warn",
    "type:ssh.login.ok level:warn",
    "type:ssh.* level:warn",
    "type:ssh.login.* level:warn",
  ]);
  expect(offered("-agent:my|")).toEqual(['-agent:"my shop"']);
  expect(offered('(agent:"my s|')).toEqual(['(agent:"my shop"']);
  expect(offered("props.us|")).toEqual(["props.user"]);
  expect(offered("props.user|")).toContain("props.user:");
  expect(offered("props.user:|")).toEqual(["props.user:*", "props.user:root"]);
  expect(offered("since:2|")).toEqual(["since:24h"]);
});

test("offers nothing within quoted text or behind an unknown field", () => {
  expect(offered('"lev|')).toEqual([]);
  expect(offered("nothing:|")).toEqual([]);
});
