import type { UserDetails } from "@muniment/shared/users.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Description, DescriptionList } from "../../ui/description-list.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { toast } from "../../ui/toast.ts";
import { roleTones } from "./role-descriptions.ts";

/** Whether and how an account can be signed in to. */
export function UserStateCard({ user }: { user: UserDetails }) {
  const denial = useDenial("users:write");
  const unlock = useMutation(
    trpc.users.unlock.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.users.pathFilter());
        toast.success(`Failed sign-in attempts of ${user.displayName} are forgotten.`);
      },
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  return (
    <Card title="State">
      <DescriptionList>
        <Description term="Status">
          <span className="flex flex-wrap gap-1">
            <Badge tone={user.status === "active" ? "ok" : "danger"}>{user.status}</Badge>
            {user.locked && <Badge tone="warn">locked</Badge>}
            {user.codesLocked && <Badge tone="warn">codes locked</Badge>}
          </span>
          {user.locked && (
            <p className="mt-1 text-xs text-muted">
              Too many failed attempts: devices that the account does not know may not try to sign
              in
              {user.lockedUntil && (
                <>
                  {" "}
                  until <DateTime value={user.lockedUntil} format="absolute" />
                </>
              )}
              .
            </p>
          )}
          {user.codesLocked && (
            <p className="mt-1 text-xs text-muted">
              Somebody with the password gave too many wrong codes: codes of an app are refused for
              a day, except on devices that the account knows.
            </p>
          )}
          {(user.locked || user.codesLocked) && (
            <Button
              size="sm"
              className="mt-2"
              disabledReason={denial}
              pending={unlock.isPending}
              onClick={() => unlock.mutate({ id: user.id })}
            >
              Unlock sign-in
            </Button>
          )}
        </Description>
        <Description term="Role">
          <Badge tone={roleTones[user.role]}>{user.role}</Badge>
          {user.roleUntil && (
            <p className="mt-1 text-xs text-muted">
              Auditor until <DateTime value={user.roleUntil} format="absolute" />, and a member from
              then on.
            </p>
          )}
        </Description>
        <Description term="Second factor">{user.secondFactor ? "Yes" : "None"}</Description>
        <Description term="Last sign-in">
          <DateTime value={user.lastSignInAt} />
        </Description>
        <Description term="Agents">{formatCount(user.agentCount)}</Description>
        <Description term="Since">
          <DateTime value={user.createdAt} />
        </Description>
      </DescriptionList>
    </Card>
  );
}
