import type { AlertRule } from "@muniment/shared/alert-rules.ts";
import { useState } from "react";
import { DateTime } from "../../ui/date-time.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { DeleteRuleDialog } from "./delete-rule-dialog.tsx";
import { HistoryDialog } from "./history-dialog.tsx";
import { RuleDialog } from "./rule-dialog.tsx";
import { type RuleAction, RuleMenu } from "./rule-menu.tsx";
import { RuleState } from "./rule-state.tsx";
import { conditionOf } from "./rule-words.ts";

const columns = [
  { label: "State" },
  { label: "Rule" },
  { label: "Tells when" },
  { label: "Now", align: "right" },
  { label: "Last told" },
  { label: "Actions", hidden: true },
] as const;

export function RuleTable({ rules }: { rules: readonly AlertRule[] }) {
  const [chosen, setChosen] = useState<{ action: RuleAction; rule: AlertRule } | null>(null);
  const close = () => setChosen(null);
  const ruleFor = (action: RuleAction) => (chosen?.action === action ? chosen.rule : null);
  return (
    <>
      <Table caption="Alert rules" columns={columns}>
        {rules.map((rule) => (
          <Row key={rule.id}>
            <Cell>
              <RuleState rule={rule} />
            </Cell>
            <Cell className="max-w-80 min-w-44">
              <span title={rule.name} className="block truncate font-medium">
                {rule.name}
              </span>
              <code title={rule.query} className="block truncate font-mono text-xs text-muted">
                {rule.query || "every event"}
              </code>
              {rule.problem && <p className="text-xs text-warn">{rule.problem}</p>}
            </Cell>
            <Cell className="whitespace-nowrap">{conditionOf(rule)}</Cell>
            <Cell align="right">{formatCount(rule.lastCount)}</Cell>
            <Cell>
              <DateTime value={rule.lastNoticeAt} />
            </Cell>
            <Cell align="right">
              <RuleMenu rule={rule} onChoose={(action) => setChosen({ action, rule })} />
            </Cell>
          </Row>
        ))}
      </Table>
      <RuleDialog rule={ruleFor("edit")} open={ruleFor("edit") !== null} onClose={close} />
      <HistoryDialog rule={ruleFor("history")} onClose={close} />
      <DeleteRuleDialog rule={ruleFor("delete")} onClose={close} />
    </>
  );
}
