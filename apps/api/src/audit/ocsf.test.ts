import { auditActionNames } from "@muniment/shared/audit-actions.ts";
import { auditOutcomes } from "@muniment/shared/audit-log.ts";
import { describe, expect, test } from "vitest";
import type { ExportedEntry } from "./exported-entry.ts";
import { ocsfVersion, toOcsf } from "./ocsf.ts";

type Fields = Record<string, unknown>;
/** An attribute: what must hold of its value. */
type Rule = (value: unknown) => void;
type ObjectRule = {
  required: Record<string, Rule>;
  optional: Record<string, Rule>;
  atLeastOne?: string[];
};

const text: Rule = (value) => expect(value).toEqual(expect.any(String));
const whole: Rule = (value) => expect(Number.isSafeInteger(value)).toBe(true);
const oneOf =
  (...values: unknown[]): Rule =>
  (value) =>
    expect(values).toContain(value);
const listOf =
  (rule: Rule): Rule =>
  (value) => {
    expect(Array.isArray(value)).toBe(true);
    for (const one of value as unknown[]) rule(one);
  };

/** What the schema says of an object: its attributes, which of them must be there, and its constraint. */
const object =
  ({ required, optional, atLeastOne }: ObjectRule): Rule =>
  (value) => {
    const fields = value as Fields;
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(Object.keys(required)));
    for (const [name, one] of Object.entries(fields)) {
      const rule = required[name] ?? optional[name];
      if (!rule) throw new Error(`the schema has no ${name} here`);
      rule(one);
    }
    if (atLeastOne) expect(atLeastOne.some((name) => Object.hasOwn(fields, name))).toBe(true);
  };

// The facts are of the repository ocsf/ocsf-schema at its tag 1.3.0 (c8bde8c, 2024-08-01): of what we
// export, the requirement of each attribute, and the values of each enumeration. The attributes `cloud`
// and `osint` are required by profiles that we do not name.
const user = object({
  required: {},
  optional: { uid: text, name: text, email_addr: text, type_id: oneOf(0, 1, 2, 3, 99), type: text },
  atLeastOne: ["account", "name", "uid"],
});
const endpoint = object({
  required: {},
  optional: { ip: text, name: text },
  atLeastOne: ["ip", "uid", "name", "hostname", "svc_name", "instance_uid"],
});
const base: ObjectRule = {
  required: {
    category_uid: oneOf(3, 6),
    class_uid: whole,
    metadata: object({
      required: {
        product: object({
          required: { vendor_name: text },
          optional: { name: text },
          atLeastOne: ["name", "uid"],
        }),
        version: oneOf("1.3.0"),
      },
      optional: { log_name: text, uid: text, sequence: whole, correlation_uid: text },
    }),
    severity_id: oneOf(0, 1, 2, 3, 4, 5, 6, 99),
    time: whole,
    type_uid: whole,
  },
  optional: {
    activity_name: text,
    status: text,
    status_id: oneOf(0, 1, 2, 99),
    status_code: text,
    status_detail: text,
    unmapped: () => {},
    http_request: object({ required: {}, optional: { user_agent: text } }),
  },
};
const classes: Record<number, { category: number; rule: Rule }> = {
  3002: {
    category: 3,
    rule: object({
      required: { ...base.required, activity_id: oneOf(0, 1, 2, 3, 4, 5, 6, 99), user },
      optional: {
        ...base.optional,
        src_endpoint: endpoint,
        service: object({
          required: {},
          optional: { name: text, uid: text },
          atLeastOne: ["name", "uid"],
        }),
      },
      atLeastOne: ["service", "dst_endpoint"],
    }),
  },
  6003: {
    category: 6,
    rule: object({
      required: {
        ...base.required,
        activity_id: oneOf(0, 1, 2, 3, 4, 99),
        actor: object({
          required: {},
          optional: { user },
          atLeastOne: ["process", "user", "invoked_by", "session", "app_name", "app_uid"],
        }),
        api: object({
          required: { operation: text },
          optional: { request: object({ required: { uid: text }, optional: {} }) },
        }),
        src_endpoint: endpoint,
      },
      optional: {
        ...base.optional,
        resources: listOf(
          object({
            required: {},
            optional: { type: text, uid: text, name: text },
            atLeastOne: ["name", "uid"],
          }),
        ),
      },
    }),
  },
};
/** By the schema `status` is the caption of `status_id`, but for another, which the source names. */
const captions: Record<number, string> = { 1: "Success", 2: "Failure" };

const id = "01930000-0000-7000-8000-000000000000";
const actors: ExportedEntry["actor"][] = [
  { kind: "user", id, label: "a@example.org" },
  { kind: "user", id, label: null },
  { kind: "apiKey", id, label: null },
  { kind: "anonymous", id: null, label: null },
  { kind: "system", id: null, label: null },
];
const targets: ExportedEntry["target"][] = [
  null,
  { kind: "user", id, label: "b@example.org" },
  { kind: "user", id, label: null },
  { kind: "users", id: null, label: null },
  { kind: "procedure", id: "auth.signIn", label: null },
];
const from = [
  { address: null, userAgent: null, requestId: null },
  { address: "192.0.2.1", userAgent: "curl", requestId: id },
];

describe.each(auditActionNames)("an entry of %s", (action) => {
  test("is an event of its class, whoever acted, on what and how it ended", () => {
    const at = "2026-01-02T03:04:05.678Z";
    for (const outcome of auditOutcomes)
      for (const actor of actors)
        for (const target of targets)
          for (const source of from) {
            const details = { reason: "not_permitted" };
            const place = { index: 7, id, at, leafHash: "x" };
            const event = toOcsf(
              { ...place, action, outcome, actor, target, details, ...source },
              "o",
            );
            const { class_uid, category_uid, type_uid, activity_id, status_id } = event;
            const found = classes[Number(class_uid)];
            if (!found) throw new Error(`no class ${class_uid}`);
            found.rule(event);
            expect(category_uid).toBe(found.category);
            expect(type_uid).toBe(Number(class_uid) * 100 + Number(activity_id));
            expect(event.status).toBe(captions[Number(status_id)]);
            expect(status_id).toBe(outcome === "success" ? 1 : 2);
            if (activity_id === 99) expect(event.activity_name).toBe(action);
            if (outcome === "refused") {
              expect(event).toMatchObject({
                status_code: "refused",
                status_detail: "not_permitted",
              });
            }
          }
  });
});

test("the version is the one that these rules are of", () => expect(ocsfVersion).toBe("1.3.0"));
