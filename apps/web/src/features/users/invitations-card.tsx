import type { OpenInvitation } from "@muniment/shared/users.ts";
import { useMutation, useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { toast } from "../../ui/toast.ts";
import { roleTones } from "./role-descriptions.ts";
import { invitationsQuery } from "./users-query.ts";

const columns = [
  { label: "Address" },
  { label: "Role" },
  { label: "Sent" },
  { label: "Ends" },
  { label: "Actions", hidden: true },
] as const;

/** Invitations that nobody has used yet; absent while there are none. */
export function InvitationsCard() {
  const query = useSuspenseInfiniteQuery(invitationsQuery());
  const invitations = query.data.pages.flatMap((page) => page.items);
  const denial = useDenial("users:write");
  const [revoking, setRevoking] = useState<OpenInvitation | null>(null);
  const refresh = () => queryClient.invalidateQueries(trpc.users.invitations.pathFilter());
  const resend = useMutation(
    trpc.users.invite.mutationOptions({
      onSuccess: async ({ email }) => {
        await refresh();
        toast.success(`${email} got a new link; the earlier one no longer works.`);
      },
      onError: (error) =>
        toast.error(
          messageOf(error, {
            invalid_range: "The role of this invitation ended already. Invite the address anew.",
            sign_up_closed:
              "Nobody could accept it: new accounts are closed on this server (SIGN_UP=closed).",
          }) ?? "",
        ),
    }),
  );
  const revoke = useMutation(
    trpc.users.revokeInvitation.mutationOptions({
      onSuccess: async () => {
        await refresh();
        setRevoking(null);
        toast.success("The invitation was revoked.");
      },
    }),
  );
  if (invitations.length === 0) return null;
  return (
    <Card title="Open invitations" className="mb-6">
      <Table caption="Who is invited" columns={columns}>
        {invitations.map((invitation) => (
          <Row key={invitation.id}>
            <Cell className="max-w-72 truncate">{invitation.email}</Cell>
            <Cell>
              <Badge tone={roleTones[invitation.role]}>{invitation.role}</Badge>
              {invitation.roleUntil && (
                <span className="ml-1.5 text-xs text-muted">
                  ends <DateTime value={invitation.roleUntil} />
                </span>
              )}
            </Cell>
            <Cell className="max-w-60">
              <DateTime value={invitation.createdAt} />
              {invitation.invitedBy && (
                <span className="block truncate text-xs text-muted">
                  by{" "}
                  <Link
                    to="/admin/users/$id"
                    params={{ id: invitation.invitedBy.id }}
                    className="underline"
                    title={invitation.invitedBy.email}
                  >
                    {invitation.invitedBy.email}
                  </Link>
                </span>
              )}
            </Cell>
            <Cell>
              <DateTime value={invitation.expiresAt} />
            </Cell>
            <Cell align="right">
              <span className="inline-flex gap-2">
                <Button
                  size="sm"
                  aria-label={`Resend the invitation of ${invitation.email}`}
                  disabledReason={denial}
                  pending={resend.isPending && resend.variables.email === invitation.email}
                  onClick={() =>
                    resend.mutate({
                      email: invitation.email,
                      role: invitation.role,
                      until: invitation.roleUntil ?? undefined,
                    })
                  }
                >
                  Resend
                </Button>
                <Button
                  size="sm"
                  aria-label={`Revoke the invitation of ${invitation.email}`}
                  disabledReason={denial}
                  onClick={() => setRevoking(invitation)}
                >
                  Revoke
                </Button>
              </span>
            </Cell>
          </Row>
        ))}
      </Table>
      <LoadMore
        shown={invitations.length}
        noun={{ one: "invitation", many: "invitations" }}
        {...loadMoreProps(query)}
      />
      <ConfirmDialog
        open={revoking !== null}
        onOpenChange={(open) => !open && setRevoking(null)}
        title={`Revoke the invitation of ${revoking?.email ?? ""}?`}
        confirmLabel="Revoke"
        onConfirm={() => revoking && revoke.mutate({ id: revoking.id })}
        submitError={messageOf(revoke.error)}
        pending={revoke.isPending}
      >
        <p>Its link no longer works. You can invite the address again at any time.</p>
      </ConfirmDialog>
    </Card>
  );
}
