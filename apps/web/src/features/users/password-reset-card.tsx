import type { User } from "@muniment/shared/users.ts";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { OutboxNotice } from "../../outbox-notice.tsx";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Notice } from "../../ui/notice.tsx";

/** Starts a reset: the user gets the link, and nobody else ever sees it. */
export function PasswordResetCard({ user }: { user: User }) {
  const denial = useDenial("users:write");
  const [asking, setAsking] = useState(false);
  const start = useMutation(
    trpc.users.startPasswordReset.mutationOptions({ onSuccess: () => setAsking(false) }),
  );
  const disabled = user.status === "disabled" ? "Enable the account first." : undefined;
  return (
    <Card
      title="Password"
      description="Only the user chooses it. You can send them a link to set a new one; until they do, the old one works."
    >
      <div className="grid gap-3">
        <div>
          <Button disabledReason={denial ?? disabled} onClick={() => setAsking(true)}>
            Send a reset link
          </Button>
        </div>
        <div aria-live="polite" className="empty:hidden">
          {start.isSuccess && (
            <div className="grid gap-2">
              <Notice tone="ok">
                A mail to <span className="break-all">{start.data.email}</span> is on its way. Its
                link works for 30 minutes.
              </Notice>
              <OutboxNotice />
            </div>
          )}
        </div>
      </div>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Send ${user.displayName} a reset link?`}
        confirmLabel="Send the link"
        danger={false}
        onConfirm={() => start.mutate({ id: user.id })}
        submitError={messageOf(start.error)}
        pending={start.isPending}
      >
        <p>
          The mail goes to <span className="break-all">{user.email}</span>. When the link is used
          every session of the account ends; a second factor is still asked for.
        </p>
      </ConfirmDialog>
    </Card>
  );
}
