import type { Passkey } from "@muniment/shared/second-factors.ts";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { toast } from "../../ui/toast.ts";
import { refreshFactors } from "./factors-query.ts";
import { RenamePasskeyDialog } from "./rename-passkey-dialog.tsx";

const columns = [
  { label: "Name" },
  { label: "Added" },
  { label: "Last used" },
  { label: "Actions", hidden: true },
] as const;

export function PasskeyTable({ passkeys }: { passkeys: readonly Passkey[] }) {
  const [renaming, setRenaming] = useState<Passkey | null>(null);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const remove = useMutation(
    trpc.account.removePasskey.mutationOptions({
      onSuccess: async () => {
        await refreshFactors();
        setRemoving(null);
        toast.success("The passkey was removed.");
      },
    }),
  );
  const ask = (passkey: Passkey | null) => {
    remove.reset();
    setRemoving(passkey);
  };
  return (
    <>
      <Table caption="Your passkeys" columns={columns}>
        {passkeys.map((passkey) => (
          <Row key={passkey.id}>
            <Cell>
              <span className="flex items-center gap-2">
                <span className="max-w-64 truncate" title={passkey.name}>
                  {passkey.name}
                </span>
                {passkey.backedUp && <Badge>synchronised</Badge>}
              </span>
            </Cell>
            <Cell>
              <DateTime value={passkey.createdAt} />
            </Cell>
            <Cell>{passkey.lastUsedAt ? <DateTime value={passkey.lastUsedAt} /> : "never"}</Cell>
            <Cell align="right">
              <span className="inline-flex gap-2">
                <Button
                  size="sm"
                  aria-label={`Rename ${passkey.name}`}
                  onClick={() => setRenaming(passkey)}
                >
                  Rename
                </Button>
                <Button
                  size="sm"
                  aria-label={`Remove ${passkey.name}`}
                  onClick={() => ask(passkey)}
                >
                  Remove
                </Button>
              </span>
            </Cell>
          </Row>
        ))}
      </Table>
      <RenamePasskeyDialog passkey={renaming} onClose={() => setRenaming(null)} />
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && ask(null)}
        title={`Remove ${removing?.name ?? "the passkey"}?`}
        confirmLabel="Remove"
        onConfirm={() => removing && remove.mutate({ id: removing.id })}
        submitError={messageOf(remove.error)}
        pending={remove.isPending}
      >
        <p>It signs in no more, and every other session ends. Delete it from its device as well.</p>
        {passkeys.length === 1 && (
          <p>It is your last passkey. Without an authenticator app, the password alone signs in.</p>
        )}
      </ConfirmDialog>
    </>
  );
}
