import { PasswordCard } from "../features/account/password-card.tsx";
import { ProfileCard } from "../features/account/profile-card.tsx";
import { SessionsCard } from "../features/sessions/sessions-card.tsx";
import { PageHeader } from "../ui/page-header.tsx";

export function AccountPage() {
  return (
    <>
      <PageHeader
        title="Account & security"
        description="Your profile, your password, and where you are signed in."
      />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-2">
        <ProfileCard />
        <PasswordCard />
        <div className="min-w-0 lg:col-span-2">
          <SessionsCard />
        </div>
      </div>
    </>
  );
}
