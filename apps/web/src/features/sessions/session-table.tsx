import { deviceName } from "@muniment/shared/device-name.ts";
import type { Session } from "@muniment/shared/sessions.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { toast } from "../../ui/toast.ts";

type Props = { sessions: readonly Session[]; onChanged: () => Promise<void> };

const columns = [
  { label: "Device" },
  { label: "Address" },
  { label: "Last used" },
  { label: "Signed in" },
  { label: "Ends" },
  { label: "Actions", hidden: true },
] as const;

export function SessionTable({ sessions, onChanged }: Props) {
  const denial = useDenial("sessions:write");
  const revoke = useMutation(
    trpc.sessions.revoke.mutationOptions({
      onSuccess: async () => {
        await onChanged();
        toast.success("The session was ended.");
      },
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  return (
    <Table caption="Your sessions" columns={columns}>
      {sessions.map((session) => (
        <Row key={session.id}>
          <Cell title={session.userAgent} className="whitespace-nowrap">
            <span className="flex items-center gap-2">
              {deviceName(session.userAgent)}
              {session.kind === "token" && <Badge>program</Badge>}
              {session.current && <Badge tone="accent">this one</Badge>}
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
            {!session.current && (
              <Button
                size="sm"
                aria-label={`End the session ${deviceName(session.userAgent)}`}
                disabledReason={denial}
                pending={revoke.isPending && revoke.variables.id === session.id}
                onClick={() => revoke.mutate({ id: session.id })}
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
