import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { BellRing, Plus } from "lucide-react";
import { useState } from "react";
import { loadMoreProps } from "../../paging.ts";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { alertRulesQuery } from "./alert-rules-query.ts";
import { RuleDialog } from "./rule-dialog.tsx";
import { RuleTable } from "./rule-table.tsx";

const route = getRouteApi("/app/alert-rules");

export function AlertRulesPage() {
  const { query: searched } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useSuspenseInfiniteQuery(alertRulesQuery());
  const rules = query.data.pages.flatMap((page) => page.items);
  const denial = useDenial("alertRules:write");
  const [creating, setCreating] = useState(searched !== undefined && denial === undefined);
  const close = () => {
    setCreating(false);
    if (searched !== undefined) void navigate({ search: {}, replace: true });
  };
  const newRule = (
    <Button variant="primary" disabledReason={denial} onClick={() => setCreating(true)}>
      <Plus aria-hidden />
      New rule
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Alert rules"
        description="Tell you when more events of a search arrive than should, by e-mail and webhooks."
        actions={rules.length > 0 && newRule}
      />
      {rules.length === 0 ? (
        <EmptyState icon={BellRing} title="No alert rules yet" action={newRule}>
          Say what to search for and how much of it is too much. The rule counts events as they
          arrive, and tells you once.
        </EmptyState>
      ) : (
        <>
          <RuleTable rules={rules} />
          <LoadMore
            shown={rules.length}
            noun={{ one: "rule", many: "rules" }}
            {...loadMoreProps(query)}
          />
        </>
      )}
      <RuleDialog open={creating} onClose={close} rule={null} query={searched} />
    </>
  );
}
