import { useSuspenseQuery } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.ts";
import { AddPasskey } from "./add-passkey.tsx";
import { factorsQuery, passkeysQuery, refreshFactors } from "./factors-query.ts";
import { PasskeyTable } from "./passkey-table.tsx";

/** What signs in without a password. */
export function PasskeysCard() {
  const { passkeysUnavailable } = useSuspenseQuery(factorsQuery()).data;
  const { items } = useSuspenseQuery(passkeysQuery()).data;
  const done = async () => {
    await refreshFactors();
    toast.success("The passkey was added.");
  };
  return (
    <Card
      title="Passkeys"
      description="They sign you in without a password, and are your second factor after it. No other site can ask for them."
      actions={<AddPasskey label="Add a passkey" onDone={() => void done()} />}
    >
      <div className="grid gap-4">
        {passkeysUnavailable && <Notice tone="info">{passkeysUnavailable}</Notice>}
        {items.length > 0 && <PasskeyTable passkeys={items} />}
        {items.length === 0 && !passkeysUnavailable && (
          <EmptyState icon={Fingerprint} title="No passkey yet">
            A passkey is kept by your device, your password manager or a security key.
          </EmptyState>
        )}
      </div>
    </Card>
  );
}
