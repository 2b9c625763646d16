import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { SearchX, UserPlus } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { loadMoreProps } from "../../paging.ts";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { InvitationsCard } from "./invitations-card.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { UserFilterBar } from "./user-filter-bar.tsx";
import { UserTable } from "./user-table.tsx";
import { type UserFilters, usersQuery } from "./users-query.ts";

const route = getRouteApi("/app/admin/users");

export function UsersPage() {
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const [inviting, setInviting] = useState(false);
  const denial = useDenial("users:write");
  const change = (changed: Partial<UserFilters>) => {
    const { text, ...rest } = { ...filters, ...changed };
    void navigate({ search: text ? { ...rest, text } : rest, replace: true });
  };
  return (
    <>
      <PageHeader
        title="Users"
        description="Everyone with an account, their role, and what they are signed in with."
        actions={
          <Button variant="primary" disabledReason={denial} onClick={() => setInviting(true)}>
            <UserPlus aria-hidden />
            Invite
          </Button>
        }
      />
      <InvitationsCard />
      <UserFilterBar filters={filters} onChange={change} />
      <UserList filters={filters} />
      <InviteDialog open={inviting} onOpenChange={setInviting} />
    </>
  );
}

function UserList({ filters }: { filters: UserFilters }) {
  // The old list stays, dimmed, until the new one is here.
  const deferred = useDeferredValue(filters);
  const query = useSuspenseInfiniteQuery(usersQuery(deferred));
  const users = query.data.pages.flatMap((page) => page.items);
  if (users.length === 0) {
    return (
      <EmptyState icon={SearchX} title="Nobody matches">
        Try a part of the name or of the e-mail address, or another status or role.
      </EmptyState>
    );
  }
  return (
    <div className={deferred === filters ? undefined : "opacity-60"}>
      <UserTable users={users} />
      <LoadMore
        shown={users.length}
        noun={{ one: "user", many: "users" }}
        {...loadMoreProps(query)}
      />
    </div>
  );
}
