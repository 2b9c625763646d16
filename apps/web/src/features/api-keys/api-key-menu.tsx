import type { ApiKey } from "@muniment/shared/api-keys.ts";
import { Ellipsis } from "lucide-react";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { Dropdown, DropdownItem } from "../../ui/dropdown.tsx";

type Props = { apiKey: ApiKey; onChoose: (action: "rotate" | "revoke") => void };

export function ApiKeyMenu({ apiKey, onChoose }: Props) {
  const denial = useDenial("apiKeys:write");
  const over = apiKey.status === "revoked" || apiKey.status === "expired";
  const overReason = over ? `The key is ${apiKey.status}.` : undefined;
  const retiringReason = apiKey.status === "retiring" ? "It has been rotated already." : undefined;
  return (
    <Dropdown
      trigger={
        <Button variant="ghost" size="iconSm" aria-label={`Actions for the key ${apiKey.name}`}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      <DropdownItem
        disabledReason={denial ?? overReason ?? retiringReason}
        onSelect={() => onChoose("rotate")}
      >
        Rotate
      </DropdownItem>
      <DropdownItem
        danger
        disabledReason={denial ?? overReason}
        onSelect={() => onChoose("revoke")}
      >
        Revoke
      </DropdownItem>
    </Dropdown>
  );
}
