import type { User } from "@muniment/shared/users.ts";
import { useMutation, useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { SessionTable } from "../../session-table.tsx";
import { trpc } from "../../trpc.ts";
import { Card } from "../../ui/card.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { toast } from "../../ui/toast.ts";
import { userSessionsQuery } from "./users-query.ts";

/** Where a user is signed in, and the means to end it. */
export function UserSessionsCard({ user }: { user: User }) {
  const query = useSuspenseInfiniteQuery(userSessionsQuery(user.id));
  const sessions = query.data.pages.flatMap((page) => page.items);
  const denial = useDenial("users:write");
  const revoke = useMutation(
    trpc.users.revokeSession.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.users.pathFilter());
        toast.success("The session was ended.");
      },
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  return (
    <Card title="Sessions" description="“Sign out everywhere” in the menu ends them all at once.">
      {sessions.length === 0 ? (
        <p className="text-sm text-muted">Not signed in anywhere.</p>
      ) : (
        <>
          <SessionTable
            caption={`Sessions of ${user.displayName}`}
            sessions={sessions}
            denial={denial}
            endingId={revoke.isPending ? revoke.variables.sessionId : undefined}
            onEnd={(sessionId) => revoke.mutate({ id: user.id, sessionId })}
          />
          <LoadMore
            shown={sessions.length}
            noun={{ one: "session", many: "sessions" }}
            {...loadMoreProps(query)}
          />
        </>
      )}
    </Card>
  );
}
