import type { AlertRule } from "@muniment/shared/alert-rules.ts";
import { useMutation } from "@tanstack/react-query";
import { Ellipsis } from "lucide-react";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Dropdown, DropdownItem, DropdownSeparator } from "../../ui/dropdown.tsx";
import { toast } from "../../ui/toast.ts";
import { isMuted } from "./rule-words.ts";

export type RuleAction = "edit" | "history" | "delete";

const hour = 3_600_000;
const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
const onError = (error: unknown) => toast.error(messageOf(error) ?? "");

type Props = { rule: AlertRule; onChoose: (action: RuleAction) => void };

export function RuleMenu({ rule, onChoose }: Props) {
  const denial = useDenial("alertRules:write");
  const { id } = rule;
  const update = useMutation(
    trpc.alertRules.update.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.alertRules.pathFilter()),
      onError,
    }),
  );
  const test = useMutation(
    trpc.alertRules.test.mutationOptions({
      onSuccess: () => toast.success("A test was sent to whom the rule tells."),
      onError,
    }),
  );
  const change = (changes: { enabled?: boolean; mutedUntil?: string | null }) => () =>
    update.mutate({ id, ...changes });
  return (
    <Dropdown
      trigger={
        <Button variant="ghost" size="iconSm" aria-label={`Actions for the rule ${rule.name}`}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      <DropdownItem onSelect={() => onChoose("history")}>History</DropdownItem>
      <DropdownItem disabledReason={denial} onSelect={() => onChoose("edit")}>
        Edit
      </DropdownItem>
      <DropdownItem disabledReason={denial} onSelect={() => test.mutate({ id })}>
        Send test
      </DropdownItem>
      <DropdownSeparator />
      {isMuted(rule, Date.now()) ? (
        <DropdownItem disabledReason={denial} onSelect={change({ mutedUntil: null })}>
          Unmute
        </DropdownItem>
      ) : (
        <>
          <DropdownItem disabledReason={denial} onSelect={change({ mutedUntil: later(hour) })}>
            Mute for an hour
          </DropdownItem>
          <DropdownItem disabledReason={denial} onSelect={change({ mutedUntil: later(24 * hour) })}>
            Mute for a day
          </DropdownItem>
        </>
      )}
      <DropdownItem disabledReason={denial} onSelect={change({ enabled: !rule.enabled })}>
        {rule.enabled ? "Turn off" : "Turn on"}
      </DropdownItem>
      <DropdownItem danger disabledReason={denial} onSelect={() => onChoose("delete")}>
        Delete
      </DropdownItem>
    </Dropdown>
  );
}
