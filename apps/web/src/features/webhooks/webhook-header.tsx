import type { Webhook } from "@muniment/shared/webhooks.ts";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ellipsis, Send } from "lucide-react";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Dropdown, DropdownItem } from "../../ui/dropdown.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { toast } from "../../ui/toast.ts";
import { DeleteWebhookDialog } from "./delete-webhook-dialog.tsx";
import { EditWebhookDialog } from "./edit-webhook-dialog.tsx";
import { RotateSecretDialog } from "./rotate-secret-dialog.tsx";
import { SecretDialog } from "./secret-dialog.tsx";

const refresh = () => queryClient.invalidateQueries(trpc.webhooks.pathFilter());
const onError = (error: unknown) => toast.error(messageOf(error) ?? "");

/** Name and actions of one webhook. */
export function WebhookHeader({ webhook }: { webhook: Webhook }) {
  const [dialog, setDialog] = useState<"edit" | "rotate" | "delete" | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const denial = useDenial("webhooks:write");
  const test = useMutation(trpc.webhooks.test.mutationOptions({ onSuccess: refresh, onError }));
  const update = useMutation(trpc.webhooks.update.mutationOptions({ onSuccess: refresh, onError }));
  const propsOf = (name: typeof dialog) => ({
    webhook,
    open: dialog === name,
    onOpenChange: (open: boolean) => setDialog(open ? name : null),
  });
  return (
    <>
      <PageHeader
        title={webhook.name}
        description={<span className="break-all">{webhook.url}</span>}
        back={
          <Link to="/webhooks" className="hover:text-ink hover:underline">
            Webhooks
          </Link>
        }
        actions={
          <>
            <Button
              disabledReason={denial}
              pending={test.isPending}
              onClick={() => test.mutate({ id: webhook.id })}
            >
              <Send aria-hidden />
              Send test
            </Button>
            <Dropdown
              trigger={
                <Button size="icon" aria-label="More actions">
                  <Ellipsis aria-hidden />
                </Button>
              }
            >
              <DropdownItem disabledReason={denial} onSelect={() => setDialog("edit")}>
                Edit
              </DropdownItem>
              <DropdownItem
                disabledReason={denial}
                onSelect={() => update.mutate({ id: webhook.id, enabled: !webhook.enabled })}
              >
                {webhook.enabled ? "Turn off" : "Turn on"}
              </DropdownItem>
              <DropdownItem disabledReason={denial} onSelect={() => setDialog("rotate")}>
                Rotate secret
              </DropdownItem>
              <DropdownItem danger disabledReason={denial} onSelect={() => setDialog("delete")}>
                Delete
              </DropdownItem>
            </Dropdown>
          </>
        }
      />
      <EditWebhookDialog {...propsOf("edit")} />
      <RotateSecretDialog
        {...propsOf("rotate")}
        onRotated={(rotated) => {
          setDialog(null);
          setSecret(rotated.secret);
          void refresh();
        }}
      />
      <DeleteWebhookDialog {...propsOf("delete")} />
      <SecretDialog secret={secret} onClose={() => setSecret(null)} />
    </>
  );
}
