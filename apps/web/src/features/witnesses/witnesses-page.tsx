import { useSuspenseQuery } from "@tanstack/react-query";
import { Plus, Stamp } from "lucide-react";
import { useState } from "react";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { AddWitnessDialog } from "./add-witness-dialog.tsx";
import { AssuranceCard } from "./assurance-card.tsx";
import { CheckpointHistory } from "./checkpoint-history.tsx";
import { witnessesQuery } from "./witness-queries.ts";
import { WitnessTable } from "./witness-table.tsx";
import { WitnessedLogs } from "./witnessed-logs.tsx";

export function WitnessesPage() {
  const { items } = useSuspenseQuery(witnessesQuery()).data;
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const add = (
    <Button
      variant="primary"
      disabledReason={useDenial("witnesses:write")}
      onClick={() => setAdding(true)}
    >
      <Plus aria-hidden />
      Add a place
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Witnesses"
        description="Where signed checkpoints of the audit log are kept, out of reach of whoever holds the database."
        actions={items.length > 0 && add}
      />
      <AssuranceCard />
      <div className="grid gap-4">
        {items.length === 0 ? (
          <EmptyState icon={Stamp} title="Checkpoints go nowhere else yet" action={add}>
            Send them to another Muniment, a bucket, a webhook or a mailbox. Then nobody can rewrite
            the log, or restore an older one, without its being seen.
          </EmptyState>
        ) : (
          <WitnessTable witnesses={items} />
        )}
        <CheckpointHistory />
        <WitnessedLogs />
      </div>
      <AddWitnessDialog open={adding} onOpenChange={setAdding} onSecret={setSecret} />
      <Dialog
        open={secret !== null}
        onOpenChange={(open) => !open && setSecret(null)}
        title="Keep this secret"
        description="What the webhook is sent is signed with it. It is shown this once."
      >
        {secret && <CodeBlock code={secret} label="Copy secret" />}
      </Dialog>
    </>
  );
}
