import type { CreatedApiKey } from "@muniment/shared/api-keys.ts";
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { loadMoreProps } from "../../paging.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { ApiKeyTable } from "./api-key-table.tsx";
import { apiKeysQuery } from "./api-keys-query.ts";
import { CreateApiKeyDialog } from "./create-api-key-dialog.tsx";
import { NewKeyDialog } from "./new-key-dialog.tsx";

/** The keys of one agent, and everything that can be done with them. */
export function ApiKeysSection({ agentId }: { agentId: string }) {
  const query = useSuspenseInfiniteQuery(apiKeysQuery(agentId));
  const keys = query.data.pages.flatMap((page) => page.items);
  const denial = useDenial("apiKeys:write");
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<CreatedApiKey | null>(null);

  const show = (key: CreatedApiKey) => {
    setCreating(false);
    setCreated(key);
    void queryClient.invalidateQueries(trpc.apiKeys.pathFilter());
    void queryClient.invalidateQueries(trpc.agents.pathFilter());
  };
  const newKey = (
    <Button variant="primary" disabledReason={denial} onClick={() => setCreating(true)}>
      <Plus aria-hidden />
      New key
    </Button>
  );
  return (
    <section aria-labelledby="api-keys">
      <div className="mb-3 flex items-end justify-between gap-4">
        <h2 id="api-keys" className="text-lg font-semibold">
          API keys
        </h2>
        {keys.length > 0 && newKey}
      </div>
      {keys.length === 0 ? (
        <EmptyState icon={KeyRound} title="No keys yet" action={newKey}>
          The agent needs a key to send events. It is shown once, with commands ready to paste.
        </EmptyState>
      ) : (
        <>
          <ApiKeyTable keys={keys} onCreated={show} />
          <LoadMore
            shown={keys.length}
            noun={{ one: "key", many: "keys" }}
            {...loadMoreProps(query)}
          />
        </>
      )}
      <CreateApiKeyDialog
        agentId={agentId}
        open={creating}
        onOpenChange={setCreating}
        onCreated={show}
      />
      <NewKeyDialog created={created} onClose={() => setCreated(null)} />
    </section>
  );
}
