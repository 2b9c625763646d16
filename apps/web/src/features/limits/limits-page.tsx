import { useSuspenseQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { LimitTable } from "./limit-table.tsx";
import { OverrideDialog } from "./override-dialog.tsx";

export function LimitsPage() {
  const { items } = useSuspenseQuery(trpc.limits.list.queryOptions()).data;
  const [adding, setAdding] = useState(false);
  return (
    <>
      <PageHeader
        title="Rate limits"
        description="Counted per procedure call. A change holds at once, on every node, and is written to the audit log."
        actions={
          <Button disabledReason={useDenial("limits:write")} onClick={() => setAdding(true)}>
            <Plus aria-hidden />
            Limit one procedure
          </Button>
        }
      />
      <LimitTable limits={items} />
      <OverrideDialog open={adding} onOpenChange={setAdding} />
    </>
  );
}
