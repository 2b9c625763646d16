import { deviceName } from "@muniment/shared/device-name.ts";
import type { Session } from "@muniment/shared/sessions.ts";
import { Badge } from "./ui/badge.tsx";
import { Button } from "./ui/button.tsx";
import { DateTime } from "./ui/date-time.tsx";
import { Cell, Row, Table } from "./ui/table.tsx";

const columns = [
  { label: "Device" },
  { label: "Address" },
  { label: "Last used" },
  { label: "Signed in" },
  { label: "Ends" },
  { label: "Actions", hidden: true },
] as const;

type Props = {
  caption: string;
  sessions: readonly Session[];
  /** Why none may be ended. */
  denial: string | undefined;
  /** The session that is being ended. */
  endingId: string | undefined;
  onEnd: (id: string) => void;
};

/** Where somebody is signed in; every session but the one that looks can be ended. */
export function SessionTable({ caption, sessions, denial, endingId, onEnd }: Props) {
  return (
    <Table caption={caption} columns={columns}>
      {sessions.map(({ id, kind, current, ...session }) => (
        <Row key={id}>
          <Cell title={session.userAgent} className="whitespace-nowrap">
            <span className="flex items-center gap-2">
              {deviceName(session.userAgent)}
              {kind === "token" && <Badge>program</Badge>}
              {current && <Badge tone="accent">this one</Badge>}
            </span>
          </Cell>
          <Cell className="font-mono text-xs">{session.address}</Cell>
          <Cell>
            <DateTime value={session.lastUsedAt} />
          </Cell>
          <Cell>
            <DateTime value={session.createdAt} />
          </Cell>
          <Cell>
            <DateTime value={session.expiresAt} />
          </Cell>
          <Cell align="right">
            {!current && (
              <Button
                size="sm"
                aria-label={`End the session ${deviceName(session.userAgent)}`}
                disabledReason={denial}
                pending={endingId === id}
                onClick={() => onEnd(id)}
              >
                End
              </Button>
            )}
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
