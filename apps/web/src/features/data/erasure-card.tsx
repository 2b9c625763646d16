import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { erasureQuery } from "./data-queries.ts";
import { EraseDialog } from "./erase-dialog.tsx";

/** Says what erasing the account does, and begins it. */
export function ErasureCard() {
  const { eraseAt } = useSuspenseQuery(erasureQuery()).data;
  const denial = useDenial("data:write");
  const [asking, setAsking] = useState(false);
  return (
    <Card
      title="Erase my account"
      description="At once, or after a time in which you can take it back."
    >
      <ul className="mb-4 grid max-w-prose list-disc gap-1 pl-5 text-sm">
        <li>
          Your account, your sessions, your agents with their keys and events, and everything else
          that is yours here are deleted.
        </li>
        <li>
          What the audit log tells of you can be read by nobody any more: the key it is encrypted
          under is destroyed. That something was done can still be proved.
        </li>
        <li>
          You get a signed certificate. It also names what this server cannot reach, such as backups
          that were made before.
        </li>
      </ul>
      <Button variant="danger" disabledReason={denial} onClick={() => setAsking(true)}>
        {eraseAt === null ? "Erase my account" : "Change when"}
      </Button>
      <EraseDialog open={asking} onClose={() => setAsking(false)} />
    </Card>
  );
}
