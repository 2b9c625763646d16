import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { OutboxNotice } from "../../outbox-notice.tsx";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Button } from "../../ui/button.tsx";

type Props = {
  email: string;
  /** Goes back to the form, to correct the address or send again. */
  onRetry: () => void;
  children: ReactNode;
};

/** Says that a mail is on its way, in words that fit whether or not there is an account. */
export function MailSentCard({ email, onRetry, children }: Props) {
  return (
    <AuthCard title="Look into your mailbox">
      <div className="grid gap-4 text-sm">
        <p aria-live="polite">
          <span className="font-medium break-all">{email}</span>: {children}
        </p>
        <OutboxNotice />
        <p className="text-muted">
          Nothing there after a few minutes? Look into the spam folder, check the address, or try
          again.
        </p>
        <div className="grid gap-2">
          <Button size="lg" onClick={onRetry}>
            Try again
          </Button>
          <Button asChild variant="ghost" size="lg">
            <Link to="/sign-in">Back to sign in</Link>
          </Button>
        </div>
      </div>
    </AuthCard>
  );
}
