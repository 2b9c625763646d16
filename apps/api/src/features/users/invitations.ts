import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { users } from "@muniment/db/schema/users.ts";
import { invitationPage, listInvitationsInput } from "@muniment/shared/users.ts";
import { and, desc, eq, gt } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";

/** The invitations that could be used now, with who sent them; never their links. */
export const invitations = limited("general")
  .concat(signedIn)
  .concat(permission("users:read"))
  .concat(readsOthers)
  .input(listInvitationsInput)
  .output(invitationPage)
  .query(async ({ ctx: { deps, saw }, input }) => {
    const page = keysetPage(deps, "invitations", input);
    const rows = await deps.database
      .reads({})
      .select({
        id: linkTokens.id,
        email: linkTokens.email,
        role: linkTokens.role,
        roleUntil: linkTokens.roleUntil,
        createdAt: linkTokens.createdAt,
        expiresAt: linkTokens.expiresAt,
        invitedBy: { id: users.id, email: users.email },
      })
      .from(linkTokens)
      .leftJoin(users, eq(users.id, linkTokens.invitedBy))
      .where(
        and(
          eq(linkTokens.purpose, "invitation"),
          gt(linkTokens.expiresAt, deps.now()),
          page.after(linkTokens.createdAt, linkTokens.id),
        ),
      )
      .orderBy(desc(linkTokens.createdAt), desc(linkTokens.id))
      .limit(page.fetch);
    const answer = page.cut(
      rows,
      (row) => ({ at: row.createdAt, id: row.id }),
      ({ id, email, role, roleUntil, createdAt, expiresAt, invitedBy }) => ({
        id,
        email: email ?? "",
        role: role ?? "member",
        roleUntil: roleUntil?.toISOString() ?? null,
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        invitedBy,
      }),
    );
    const senders = answer.items.flatMap(({ invitedBy }) => invitedBy ?? []);
    saw(
      senders.map(({ id, email }) => ({ id, label: email })),
      "invitations",
    );
    return answer;
  });
