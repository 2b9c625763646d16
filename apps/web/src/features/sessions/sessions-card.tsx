import { useMutation, useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { queryClient } from "../../query-client.ts";
import { leave, useDenial } from "../../session.ts";
import { SessionTable } from "../../session-table.tsx";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { toast } from "../../ui/toast.ts";
import { sessionsQuery } from "./sessions-query.ts";

/** Where the user is signed in, and the means to end it. */
export function SessionsCard() {
  const query = useSuspenseInfiniteQuery(sessionsQuery());
  const sessions = query.data.pages.flatMap((page) => page.items);
  const denial = useDenial("sessions:write");
  const [asking, setAsking] = useState<"others" | "all" | null>(null);
  const refresh = () => queryClient.invalidateQueries(trpc.sessions.pathFilter());

  const revokeOthers = useMutation(
    trpc.sessions.revokeOthers.mutationOptions({
      onSuccess: async ({ revoked }) => {
        await refresh();
        setAsking(null);
        toast.success(revoked === 1 ? "One session was ended." : `${revoked} sessions were ended.`);
      },
    }),
  );
  const revoke = useMutation(
    trpc.sessions.revoke.mutationOptions({
      onSuccess: async () => {
        await refresh();
        toast.success("The session was ended.");
      },
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  const revokeAll = useMutation(
    trpc.sessions.revokeAll.mutationOptions({ onSuccess: () => leave() }),
  );
  return (
    <Card
      title="Sessions"
      description="Every browser in which you are signed in, and every program that signed in as you. End the ones you do not recognise, then change your password."
      actions={
        <span className="flex flex-wrap gap-2">
          <Button
            onClick={() => setAsking("others")}
            disabledReason={
              denial ?? (sessions.length < 2 ? "There is no other session." : undefined)
            }
          >
            End all others
          </Button>
          <Button variant="ghost" disabledReason={denial} onClick={() => setAsking("all")}>
            Sign out everywhere
          </Button>
        </span>
      }
    >
      <SessionTable
        caption="Your sessions"
        sessions={sessions}
        denial={denial}
        endingId={revoke.isPending ? revoke.variables.id : undefined}
        onEnd={(id) => revoke.mutate({ id })}
      />
      <LoadMore
        shown={sessions.length}
        noun={{ one: "session", many: "sessions" }}
        {...loadMoreProps(query)}
      />
      <ConfirmDialog
        open={asking === "others"}
        onOpenChange={(open) => setAsking(open ? "others" : null)}
        title="End all other sessions?"
        confirmLabel="End all others"
        onConfirm={() => revokeOthers.mutate()}
        submitError={messageOf(revokeOthers.error)}
        pending={revokeOthers.isPending}
      >
        <p>
          Every browser but this one, and every program that signed in as you, is signed out at
          once. API keys keep working.
        </p>
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === "all"}
        onOpenChange={(open) => setAsking(open ? "all" : null)}
        title="Sign out everywhere?"
        confirmLabel="Sign out everywhere"
        onConfirm={() => revokeAll.mutate()}
        submitError={messageOf(revokeAll.error)}
        pending={revokeAll.isPending}
      >
        <p>
          Every browser, this one too, and every program that signed in as you. API keys keep
          working.
        </p>
      </ConfirmDialog>
    </Card>
  );
}
