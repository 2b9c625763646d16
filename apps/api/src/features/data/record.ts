import { recordOfProcessing } from "@muniment/db/processing/record.ts";
import { processingRecord } from "@muniment/shared/own-data.ts";
import { noInput } from "@muniment/shared/values.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** What is kept of people, why, and for how long. */
export const record = limited("general")
  .concat(signedIn)
  .concat(permission("data:read"))
  .input(noInput)
  .output(processingRecord)
  .query(() => ({ tables: recordOfProcessing.filter(({ personal }) => personal) }));
