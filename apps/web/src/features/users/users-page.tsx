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
import { SearchInput } from "../../ui/search-input.tsx";
import { useDebounced } from "../../ui/use-debounced.ts";
import { InviteDialog } from "./invite-dialog.tsx";
import { UserTable } from "./user-table.tsx";
import { usersQuery } from "./users-query.ts";

const route = getRouteApi("/app/admin/users");

export function UsersPage() {
  const { text } = route.useSearch();
  const navigate = route.useNavigate();
  const [inviting, setInviting] = useState(false);
  const denial = useDenial("users:write");
  const search = useDebounced((value: string) => {
    void navigate({ search: value.trim() ? { text: value.trim() } : {}, replace: true });
  }, 250);
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
      <div className="mb-3 max-w-sm">
        <SearchInput
          aria-label="Search users"
          placeholder="Search by name or e-mail"
          defaultValue={text}
          maxLength={100}
          onChange={(event) => search(event.target.value)}
        />
      </div>
      <UserList text={text} />
      <InviteDialog open={inviting} onOpenChange={setInviting} />
    </>
  );
}

function UserList({ text }: { text: string | undefined }) {
  // The old list stays, dimmed, until the new one is here.
  const deferred = useDeferredValue(text);
  const query = useSuspenseInfiniteQuery(usersQuery(deferred));
  const users = query.data.pages.flatMap((page) => page.items);
  if (users.length === 0) {
    return (
      <EmptyState icon={SearchX} title="Nobody matches">
        Try a part of the name or of the e-mail address.
      </EmptyState>
    );
  }
  return (
    <div className={deferred === text ? undefined : "opacity-60"}>
      <UserTable users={users} />
      <LoadMore
        shown={users.length}
        noun={{ one: "user", many: "users" }}
        {...loadMoreProps(query)}
      />
    </div>
  );
}
