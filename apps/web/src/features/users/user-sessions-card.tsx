import { deviceName } from "@muniment/shared/device-name.ts";
import type { User } from "@muniment/shared/users.ts";
import { useMutation, useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { toast } from "../../ui/toast.ts";
import { userSessionsQuery } from "./users-query.ts";

const columns = [
  { label: "Device" },
  { label: "Address" },
  { label: "Last used" },
  { label: "Signed in" },
  { label: "Actions", hidden: true },
] as const;

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
          <Table caption={`Sessions of ${user.displayName}`} columns={columns}>
            {sessions.map((session) => (
              <Row key={session.id}>
                <Cell title={session.userAgent} className="whitespace-nowrap">
                  <span className="flex items-center gap-2">
                    {deviceName(session.userAgent)}
                    {session.kind === "token" && <Badge>program</Badge>}
                    {session.current && <Badge tone="accent">this one</Badge>}
                  </span>
                </Cell>
                <Cell className="font-mono text-xs">{session.address}</Cell>
                <Cell>
                  <DateTime value={session.lastUsedAt} />
                </Cell>
                <Cell>
                  <DateTime value={session.createdAt} />
                </Cell>
                <Cell align="right">
                  {!session.current && (
                    <Button
                      size="sm"
                      aria-label={`End the session ${deviceName(session.userAgent)}`}
                      disabledReason={denial}
                      pending={revoke.isPending && revoke.variables.sessionId === session.id}
                      onClick={() => revoke.mutate({ id: user.id, sessionId: session.id })}
                    >
                      End
                    </Button>
                  )}
                </Cell>
              </Row>
            ))}
          </Table>
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
