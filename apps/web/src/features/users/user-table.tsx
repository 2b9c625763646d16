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
  { label: "Role", wide: true },
  { label: "Status", wide: true },
  { label: "Last sign-in", wide: true },
  { label: "Sessions", align: "right", wide: true },
  { label: "Agents", align: "right", wide: true },
  { label: "Since", wide: true },
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
            <Cell className="max-w-72 max-sm:w-full max-sm:max-w-0 sm:min-w-52">
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
              <span className="mt-1 flex flex-wrap gap-1 sm:hidden">
                <Badge tone={roleTones[user.role]}>{user.role}</Badge>
                <Status user={user} />
              </span>
            </Cell>
            <Cell wide>
              <Badge tone={roleTones[user.role]}>{user.role}</Badge>
            </Cell>
            <Cell wide>
              <span className="flex flex-wrap gap-1">
                <Status user={user} />
              </span>
            </Cell>
            <Cell wide>
              <DateTime value={user.lastSignInAt} />
            </Cell>
            <Cell wide align="right">
              {formatCount(user.sessionCount)}
            </Cell>
            <Cell wide align="right">
              {formatCount(user.agentCount)}
            </Cell>
            <Cell wide>
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

function Status({ user: { status, lockedUntil } }: { user: User }) {
  return (
    <>
      <Badge tone={status === "active" ? "neutral" : "danger"}>{status}</Badge>
      <LockBadge until={lockedUntil} />
    </>
  );
}
