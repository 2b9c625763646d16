import { eventImport, importIdInput } from "@muniment/shared/imports.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { ownImport } from "./own-import.ts";
import { toImport } from "./read-imports.ts";

export const get = limited("general")
  .concat(signedIn)
  .concat(permission("events:write"))
  .input(importIdInput)
  .output(eventImport)
  .query(async ({ ctx: { deps, principal }, input: { id } }) =>
    toImport(await ownImport(deps, principal.userId, id)),
  );
