import type { User } from "@muniment/shared/users.ts";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { OutboxNotice } from "../../outbox-notice.tsx";
import { queryClient } from "../../query-client.ts";
import { useDenial, useMe } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Notice } from "../../ui/notice.tsx";

/** For somebody who lost every second factor and the recovery codes. */
export function RemoveFactorsCard({ user }: { user: User }) {
  const me = useMe();
  const denial = useDenial("users:write");
  const [asking, setAsking] = useState(false);
  const remove = useMutation(
    trpc.users.removeFactors.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.users.pathFilter());
        setAsking(false);
      },
    }),
  );
  const own = user.id === me.id ? "Change your own on your account page." : undefined;
  const disabled = user.status === "disabled" ? "Enable the account first." : undefined;
  const none = user.secondFactor ? undefined : "There is none.";
  return (
    <Card
      title="Second factors"
      description="When the authenticator app, the passkeys and the recovery codes are all lost. Ask the person in another way than by mail whether it is them who asks."
    >
      <div className="grid gap-3">
        <div>
          <Button
            disabledReason={denial ?? own ?? disabled ?? none}
            onClick={() => setAsking(true)}
          >
            Remove second factors
          </Button>
        </div>
        <div aria-live="polite" className="empty:hidden">
          {remove.isSuccess && (
            <div className="grid gap-2">
              <Notice tone="ok">
                They are removed. A mail with a link to set a new password is on its way to{" "}
                <span className="break-all">{user.email}</span>.
              </Notice>
              <OutboxNotice />
            </div>
          )}
        </div>
      </div>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Remove the second factors of ${user.displayName}?`}
        confirmLabel="Remove them"
        onConfirm={() => remove.mutate({ id: user.id })}
        submitError={messageOf(remove.error, { not_found: "There is no second factor any more." })}
        pending={remove.isPending}
      >
        <p>
          App, passkeys and recovery codes are deleted, every session ends, and the password works
          no longer. A mail to <span className="break-all">{user.email}</span> has the link to set a
          new one, so only who reads that mailbox gets in. It cannot be undone.
        </p>
      </ConfirmDialog>
    </Card>
  );
}
