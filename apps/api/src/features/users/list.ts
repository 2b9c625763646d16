import { users } from "@muniment/db/schema/users.ts";
import { listUsersInput, userPage } from "@muniment/shared/users.ts";
import { and, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { toUser, userColumns } from "./read-users.ts";

/** Part of an address or name, whatever the case; no character of it is a wildcard. */
const contains = (text: string) =>
  sql`(position(lower(${text}) in ${users.email}) > 0 or position(lower(${text}) in lower(${users.displayName})) > 0)`;

const hasStatus = { active: isNull(users.disabledAt), disabled: isNotNull(users.disabledAt) };

export const list = limited("general")
  .concat(signedIn)
  .concat(permission("users:read"))
  .concat(readsOthers)
  .input(listUsersInput)
  .output(userPage)
  .query(async ({ ctx: { deps, saw }, input }) => {
    const { database } = deps;
    const page = keysetPage(deps, "users", input);
    const rows = await database
      .reads({})
      .select(userColumns)
      .from(users)
      .where(
        and(
          input?.text ? contains(input.text) : undefined,
          input?.role ? eq(users.role, input.role) : undefined,
          input?.status ? hasStatus[input.status] : undefined,
          page.after(users.createdAt, users.id),
        ),
      )
      .orderBy(desc(users.createdAt), desc(users.id))
      .limit(page.fetch);
    const answer = page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toUser);
    saw(answer.items.map(({ id, email }) => ({ id, label: email })));
    return answer;
  });
