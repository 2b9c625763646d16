import type { User } from "@muniment/shared/users.ts";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMe } from "../../session.ts";
import { Badge } from "../../ui/badge.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { DeleteUserDialog } from "./delete-user-dialog.tsx";
import { LockBadge } from "./lock-badge.tsx";
import { roleTones } from "./role-descriptions.ts";
import { RoleDialog } from "./role-dialog.tsx";
import { UserMenu } from "./user-menu.tsx";

const columns = [
  { label: "User" },
  { label: "Role" },
  { label: "Status" },
  { label: "Last sign-in" },
  { label: "Sessions", align: "right" },
  { label: "Agents", align: "right" },
  { label: "Since" },
  { label: "Actions", hidden: true },
] as const;

export function UserTable({ users }: { users: readonly User[] }) {
  const me = useMe();
  const [chosen, setChosen] = useState<{ action: "role" | "delete"; user: User } | null>(null);
  const close = () => setChosen(null);
  return (
    <>
      <Table caption="Users" columns={columns}>
        {users.map((user) => (
          <Row key={user.id}>
            <Cell className="max-w-72 min-w-52">
              <span className="flex items-center gap-2">
                <Link
                  to="/admin/users/$id"
                  params={{ id: user.id }}
                  className="truncate font-medium hover:underline"
                  title={user.displayName}
                >
                  {user.displayName}
                </Link>
                {user.id === me.id && <Badge>you</Badge>}
              </span>
              <span className="block truncate text-xs text-muted" title={user.email}>
                {user.email}
              </span>
            </Cell>
            <Cell>
              <Badge tone={roleTones[user.role]}>{user.role}</Badge>
            </Cell>
            <Cell>
              <span className="flex flex-wrap gap-1">
                <Badge tone={user.status === "active" ? "neutral" : "danger"}>{user.status}</Badge>
                <LockBadge until={user.lockedUntil} />
              </span>
            </Cell>
            <Cell>
              <DateTime value={user.lastSignInAt} />
            </Cell>
            <Cell align="right">{formatCount(user.sessionCount)}</Cell>
            <Cell align="right">{formatCount(user.agentCount)}</Cell>
            <Cell>
              <DateTime value={user.createdAt} />
            </Cell>
            <Cell align="right">
              <UserMenu user={user} onChoose={(action) => setChosen({ action, user })} />
            </Cell>
          </Row>
        ))}
      </Table>
      <RoleDialog user={chosen?.action === "role" ? chosen.user : null} onClose={close} />
      <DeleteUserDialog user={chosen?.action === "delete" ? chosen.user : null} onClose={close} />
    </>
  );
}
