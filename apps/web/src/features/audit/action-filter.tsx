import { type AuditAction, auditActionNames } from "@muniment/shared/audit-actions.ts";
import { ChevronDown } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Popover } from "../../ui/popover.tsx";

const resources = [...new Set(auditActionNames.map(resourceOf))];

function resourceOf(action: AuditAction): string {
  return action.slice(0, action.indexOf("."));
}

type Props = {
  value: readonly AuditAction[] | undefined;
  onChange: (actions: AuditAction[] | undefined) => void;
};

export function ActionFilter({ value = [], onChange }: Props) {
  const toggle = (action: AuditAction) => {
    const next = value.includes(action)
      ? value.filter((one) => one !== action)
      : [...value, action];
    onChange(next.length > 0 ? next : undefined);
  };
  return (
    <Popover
      label="Actions"
      trigger={
        <Button>
          {value.length === 0 && "Any action"}
          {value.length === 1 && <span className="font-mono text-xs">{value[0]}</span>}
          {value.length > 1 && `${value.length} actions`}
          <ChevronDown aria-hidden className="text-faint" />
        </Button>
      }
    >
      <div className="grid max-h-96 gap-3 overflow-y-auto">
        {resources.map((resource) => (
          <fieldset key={resource} className="grid gap-1">
            <legend className="mb-1 text-xs text-muted">{resource}</legend>
            {auditActionNames
              .filter((action) => resourceOf(action) === resource)
              .map((action) => (
                <Checkbox
                  key={action}
                  label={<span className="font-mono text-xs font-normal">{action}</span>}
                  checked={value.includes(action)}
                  onChange={() => toggle(action)}
                />
              ))}
          </fieldset>
        ))}
      </div>
    </Popover>
  );
}
