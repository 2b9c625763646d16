import { useQuery } from "@tanstack/react-query";
import { trpc } from "./trpc.ts";
import { Notice } from "./ui/notice.tsx";

/** Says, where it is so, that a mail reaches nobody by itself. */
export function OutboxNotice() {
  const { data: server } = useQuery(trpc.setup.status.queryOptions());
  if (server?.mailLeaves !== false) return null;
  return (
    <Notice tone="warn">
      No mail server is set (SMTP_URL): mails stay on the server, as files in the folder outbox of
      its data directory. Whoever runs it finds the link there.
    </Notice>
  );
}
