import { expect, it } from "vitest";
import { apiKeyForm, expiryOf } from "./api-key-form.ts";

const filled = {
  name: "shipper",
  scopes: ["events:write"],
  lifetime: "90",
  allowedCidrs: "",
  eventTypes: "",
  origins: "",
};

it("makes lists of lines, commas and spaces", () => {
  const parsed = apiKeyForm.parse({
    ...filled,
    allowedCidrs: "10.0.0.0/8\n 192.0.2.1,2001:db8::/32\n",
    eventTypes: "ssh.*\njob.done",
  });
  expect(parsed.allowedCidrs).toEqual(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]);
  expect(parsed.eventTypes).toEqual(["ssh.*", "job.done"]);
});

it("takes empty restrictions as none", () => {
  expect(apiKeyForm.parse(filled)).toMatchObject({ allowedCidrs: [], eventTypes: [] });
});

it("names the line that is wrong", () => {
  const result = apiKeyForm.safeParse({ ...filled, allowedCidrs: "10.0.0.0/8\n10.0.0.0/99" });
  expect(result.error?.issues).toMatchObject([
    { path: ["allowedCidrs"], message: "10.0.0.0/99 is not an address or CIDR range" },
  ]);
});

it("refuses more lines than the API takes", () => {
  const many = Array.from({ length: 33 }, (_, index) => `10.0.0.${index}`).join("\n");
  expect(apiKeyForm.safeParse({ ...filled, allowedCidrs: many }).success).toBe(false);
});

it("demands a scope", () => {
  expect(apiKeyForm.safeParse({ ...filled, scopes: [] }).success).toBe(false);
});

it("counts the lifetime from now", () => {
  const now = Date.UTC(2026, 0, 1);
  expect(expiryOf("30", now)).toBe("2026-01-31T00:00:00.000Z");
  expect(expiryOf("never", now)).toBeNull();
});

it("takes the origins of pages only for a key that does nothing but send", () => {
  const origins = "https://www.example.com\nhttp://localhost:8080";
  expect(apiKeyForm.parse({ ...filled, origins }).origins).toHaveLength(2);
  const more = apiKeyForm.safeParse({
    ...filled,
    origins,
    scopes: ["events:write", "events:read"],
  });
  expect(more.error?.issues[0]?.path).toEqual(["scopes"]);
  for (const wrong of [
    "https://*.example.com",
    "http://example.com",
    "https://example.com/x",
    "*",
  ]) {
    expect(apiKeyForm.safeParse({ ...filled, origins: wrong }).success).toBe(false);
  }
});
