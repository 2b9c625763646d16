import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Plus, Webhook } from "lucide-react";
import { useState } from "react";
import { loadMoreProps } from "../../paging.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { webhooksQuery } from "../../webhooks-query.ts";
import { CreateWebhookDialog } from "./create-webhook-dialog.tsx";
import { SecretDialog } from "./secret-dialog.tsx";
import { WebhookTable } from "./webhook-table.tsx";

export function WebhooksPage() {
  const query = useSuspenseInfiniteQuery(webhooksQuery());
  const webhooks = query.data.pages.flatMap((page) => page.items);
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const denial = useDenial("webhooks:write");
  const newWebhook = (
    <Button variant="primary" disabledReason={denial} onClick={() => setCreating(true)}>
      <Plus aria-hidden />
      New webhook
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Webhooks"
        description="URLs of yours that are told what you asked for, such as an alert rule that fires."
        actions={webhooks.length > 0 && newWebhook}
      />
      {webhooks.length === 0 ? (
        <EmptyState icon={Webhook} title="No webhooks yet" action={newWebhook}>
          Give a URL of yours, and choose it in an alert rule. Every request to it is signed, tried
          again when it fails, and logged.
        </EmptyState>
      ) : (
        <>
          <WebhookTable webhooks={webhooks} />
          <LoadMore
            shown={webhooks.length}
            noun={{ one: "webhook", many: "webhooks" }}
            {...loadMoreProps(query)}
          />
        </>
      )}
      <CreateWebhookDialog
        open={creating}
        onOpenChange={setCreating}
        onCreated={(created) => {
          setCreating(false);
          setSecret(created.secret);
          void queryClient.invalidateQueries(trpc.webhooks.pathFilter());
        }}
      />
      <SecretDialog secret={secret} onClose={() => setSecret(null)} />
    </>
  );
}
