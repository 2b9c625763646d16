import type { UserDetails } from "@muniment/shared/users.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Description, DescriptionList } from "../../ui/description-list.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { roleTones } from "./role-descriptions.ts";

/** Whether and how an account can be signed in to. */
export function UserStateCard({ user }: { user: UserDetails }) {
  return (
    <Card title="State">
      <DescriptionList>
        <Description term="Status">
          <span className="flex flex-wrap gap-1">
            <Badge tone={user.status === "active" ? "ok" : "danger"}>{user.status}</Badge>
            {user.locked && <Badge tone="warn">locked</Badge>}
          </span>
          {user.locked && (
            <p className="mt-1 text-xs text-muted">
              Too many failed attempts to sign in. It ends by itself; “Unlock sign-in” ends it now.
            </p>
          )}
        </Description>
        <Description term="Role">
          <Badge tone={roleTones[user.role]}>{user.role}</Badge>
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
