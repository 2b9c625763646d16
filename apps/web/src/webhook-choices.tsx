import { useInfiniteQuery } from "@tanstack/react-query";
import type { UseFormRegisterReturn } from "react-hook-form";
import { Checkbox } from "./ui/checkbox.tsx";
import { webhooksQuery } from "./webhooks-query.ts";

/** A box for each webhook of the caller's, of a field that holds their ids. */
export function WebhookChoices({ field }: { field: UseFormRegisterReturn }) {
  const webhooks = useInfiniteQuery(webhooksQuery()).data?.pages.flatMap((page) => page.items);
  return webhooks?.map(({ id, name, enabled }) => (
    <Checkbox
      key={id}
      {...field}
      value={id}
      label={`Webhook ${name}`}
      hint={enabled ? undefined : "It is turned off."}
    />
  ));
}
