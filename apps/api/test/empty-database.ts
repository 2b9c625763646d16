import { randomBytes } from "node:crypto";
import { connect } from "@muniment/db/connection.ts";
import { roleNames } from "@muniment/db/role-names.ts";
import { inject } from "vitest";

/** A database that nobody has used, until it is disposed of. */
export async function createEmptyDatabase() {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = connect(inject("postgres"), { max: 1, applicationName: "test" });
  await admin`create database ${admin(name)}`;
  const facts = { ...inject("postgres"), database: name };
  const owner = connect(facts, { max: 2, applicationName: "test-owner" });
  return {
    facts,
    owner,
    async [Symbol.asyncDispose]() {
      await owner.end({ timeout: 2 });
      await admin`drop database ${admin(name)} with (force)`;
      for (const role of Object.values(roleNames(name))) {
        await admin`drop role if exists ${admin(role)}`;
      }
      await admin.end({ timeout: 2 });
    },
  };
}
