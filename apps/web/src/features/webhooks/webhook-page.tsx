import type { DeliveryStatus, Webhook } from "@muniment/shared/webhooks.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { DateTime } from "../../ui/date-time.tsx";
import { Description, DescriptionList } from "../../ui/description-list.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { webhookQuery } from "./deliveries-query.ts";
import { DeliveryList } from "./delivery-list.tsx";
import { WebhookHeader } from "./webhook-header.tsx";
import { WebhookStatus } from "./webhook-status.tsx";

const route = getRouteApi("/app/webhooks/$id");

export function WebhookPage() {
  const { id } = route.useParams();
  const { status } = route.useSearch();
  const navigate = route.useNavigate();
  const webhook = useSuspenseQuery(webhookQuery(id)).data;
  const choose = (chosen: DeliveryStatus | "all") =>
    void navigate({ search: chosen === "all" ? {} : { status: chosen }, replace: true });
  const tab = (value: DeliveryStatus | "all", label: string) => ({
    value,
    label,
    content: <DeliveryList id={id} status={value === "all" ? undefined : value} />,
  });
  return (
    <>
      <WebhookHeader webhook={webhook} />
      <div className="mb-6 grid gap-4">
        <Facts webhook={webhook} />
        {webhook.disabledForFailing && (
          <Notice tone="danger">
            Nothing arrived for three days, so it was turned off. Turn it on again when the receiver
            is back; what failed can be sent again from the log.
          </Notice>
        )}
      </div>
      <h2 className="mb-2 text-lg font-semibold">Deliveries</h2>
      <Tabs
        label="Status of deliveries"
        value={status ?? "all"}
        onValueChange={choose}
        tabs={[
          tab("all", "All"),
          tab("pending", "Waiting"),
          tab("delivered", "Delivered"),
          tab("failed", "Failed"),
        ]}
      />
    </>
  );
}

function Facts({ webhook }: { webhook: Webhook }) {
  return (
    <DescriptionList>
      <Description term="Status">
        <WebhookStatus webhook={webhook} />
      </Description>
      <Description term="Last delivered">
        <DateTime value={webhook.lastDeliveredAt} />
      </Description>
      {webhook.failingSince && (
        <Description term="Failing since">
          <DateTime value={webhook.failingSince} />
        </Description>
      )}
      {webhook.previousSecretUntil && (
        <Description term="Two secrets until">
          <DateTime value={webhook.previousSecretUntil} format="absolute" />
        </Description>
      )}
    </DescriptionList>
  );
}
