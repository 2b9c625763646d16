import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { PasswordResetCard } from "./password-reset-card.tsx";
import { RemoveFactorsCard } from "./remove-factors-card.tsx";
import { UserActions } from "./user-actions.tsx";
import { UserSessionsCard } from "./user-sessions-card.tsx";
import { UserStateCard } from "./user-state-card.tsx";

const route = getRouteApi("/app/admin/users/$id");

/** One account, as administrators and auditors see it. */
export function UserPage() {
  const { id } = route.useParams();
  const user = useSuspenseQuery(trpc.users.get.queryOptions({ id })).data;
  return (
    <>
      <PageHeader
        title={user.displayName}
        description={user.email}
        back={
          <Link to="/admin/users" className="hover:text-ink hover:underline">
            Users
          </Link>
        }
        actions={
          <>
            <Button asChild>
              <Link to="/admin/audit" search={{ actorId: user.id }}>
                <ScrollText aria-hidden />
                What they did
              </Link>
            </Button>
            <Button asChild>
              <Link to="/admin/audit" search={{ targetId: user.id }}>
                <ScrollText aria-hidden />
                What was done to the account
              </Link>
            </Button>
            <UserActions user={user} />
          </>
        }
      />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <UserStateCard user={user} />
        <div className="grid gap-4">
          <PasswordResetCard user={user} />
          <RemoveFactorsCard user={user} />
        </div>
        <div className="min-w-0 lg:col-span-2">
          <UserSessionsCard user={user} />
        </div>
      </div>
    </>
  );
}
