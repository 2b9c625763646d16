import type { ApiKey, CreatedApiKey } from "@muniment/shared/api-keys.ts";
import { useState } from "react";
import { DateTime } from "../../ui/date-time.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { ApiKeyMenu } from "./api-key-menu.tsx";
import { ApiKeyStatus } from "./api-key-status.tsx";
import { RevokeApiKeyDialog } from "./revoke-api-key-dialog.tsx";
import { RotateApiKeyDialog } from "./rotate-api-key-dialog.tsx";

const columns = [
  { label: "Name" },
  { label: "Status" },
  { label: "Scopes" },
  { label: "Restrictions" },
  { label: "Last used" },
  { label: "Expires" },
  { label: "Created" },
  { label: "Actions", hidden: true },
] as const;

type Props = { keys: readonly ApiKey[]; onCreated: (key: CreatedApiKey) => void };

export function ApiKeyTable({ keys, onCreated }: Props) {
  const [chosen, setChosen] = useState<{ action: "rotate" | "revoke"; key: ApiKey } | null>(null);
  const close = () => setChosen(null);
  return (
    <>
      <Table caption="API keys of this agent" columns={columns}>
        {keys.map((key) => (
          <Row key={key.id}>
            <Cell className="max-w-64 min-w-40">
              <span className="block truncate font-medium">{key.name}</span>
              <code className="font-mono text-xs text-muted">{key.prefix}…</code>
            </Cell>
            <Cell>
              <ApiKeyStatus apiKey={key} />
            </Cell>
            <Cell className="text-xs whitespace-nowrap">{key.scopes.join(", ")}</Cell>
            <Cell className="max-w-48 text-xs text-muted">
              <Restrictions apiKey={key} />
            </Cell>
            <Cell>
              <DateTime value={key.lastUsedAt} />
            </Cell>
            <Cell>
              <DateTime value={key.expiresAt} />
            </Cell>
            <Cell>
              <DateTime value={key.createdAt} />
            </Cell>
            <Cell align="right">
              <ApiKeyMenu apiKey={key} onChoose={(action) => setChosen({ action, key })} />
            </Cell>
          </Row>
        ))}
      </Table>
      <RotateApiKeyDialog
        apiKey={chosen?.action === "rotate" ? chosen.key : null}
        onClose={close}
        onCreated={(created) => {
          close();
          onCreated(created);
        }}
      />
      <RevokeApiKeyDialog
        apiKey={chosen?.action === "revoke" ? chosen.key : null}
        onClose={close}
      />
    </>
  );
}

function Restrictions({ apiKey }: { apiKey: ApiKey }) {
  const all = [...apiKey.origins, ...apiKey.allowedCidrs, ...apiKey.eventTypes].join(", ");
  return (
    <span title={all} className="block truncate">
      {all || "none"}
    </span>
  );
}
