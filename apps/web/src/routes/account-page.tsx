import { EmailCard } from "../features/account/email-card.tsx";
import { PasskeysCard } from "../features/account/passkeys-card.tsx";
import { PasswordCard } from "../features/account/password-card.tsx";
import { ProfileCard } from "../features/account/profile-card.tsx";
import { SecondFactorCard } from "../features/account/second-factor-card.tsx";
import { SignInsCard } from "../features/account/sign-ins-card.tsx";
import { RetentionCard } from "../features/events/retention-card.tsx";
import { SessionsCard } from "../features/sessions/sessions-card.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { PageSection, WholeRow } from "../ui/page-section.tsx";

/** Everything a person can do about their own account; each card is a file of its feature. */
export function AccountPage() {
  return (
    <>
      <PageHeader
        title="Account & security"
        description="Who you are here, how you sign in, and where you are signed in."
      />
      <div className="grid gap-8">
        <PageSection name="You">
          <ProfileCard />
          <EmailCard />
        </PageSection>
        <PageSection name="Signing in">
          <PasswordCard />
          <SecondFactorCard />
          <WholeRow>
            <PasskeysCard />
          </WholeRow>
        </PageSection>
        <PageSection name="Your events">
          <RetentionCard />
        </PageSection>
        <PageSection name="Devices">
          <WholeRow>
            <SessionsCard />
          </WholeRow>
          <WholeRow>
            <SignInsCard />
          </WholeRow>
        </PageSection>
      </div>
    </>
  );
}
