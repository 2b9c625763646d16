import { checkStatuses } from "@muniment/shared/posture.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Notice } from "../../ui/notice.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { CheckList } from "./check-list.tsx";
import { statusWords } from "./status-words.ts";

const route = getRouteApi("/app/admin/posture");

export function PosturePage() {
  const { data, error, isFetching, refetch } = useSuspenseQuery(trpc.posture.get.queryOptions());
  const { status } = route.useSearch();
  const navigate = route.useNavigate();
  const { at, summary, checks } = data;
  const tabs = [
    {
      value: "all" as const,
      label: `All ${checks.length}`,
      content: <CheckList checks={checks} none="Nothing was checked" folded />,
    },
    ...checkStatuses.map((value) => ({
      value,
      label: `${statusWords[value].tab} ${summary[value]}`,
      content: (
        <CheckList
          checks={checks.filter((check) => check.status === value)}
          none={statusWords[value].none}
          folded={false}
        />
      ),
    })),
  ];
  return (
    <>
      <PageHeader
        title="Security posture"
        description="What could be safer, as the server sees itself, its settings and its database. Administrators are alerted when something begins to fail."
        actions={
          <Button pending={isFetching} onClick={() => void refetch()}>
            <RefreshCw aria-hidden />
            Check again
          </Button>
        }
      />
      {error && (
        <div className="mb-4" role="alert">
          <Notice tone="danger">This is not the newest: {messageOf(error)}</Notice>
        </div>
      )}
      <p className="mb-3 text-sm" aria-live="polite">
        <strong className="font-medium">
          {summary.fail === 0
            ? "Nothing fails"
            : `${summary.fail} of ${checks.length} checks ${summary.fail === 1 ? "fails" : "fail"}`}
        </strong>
        <span className="text-muted">
          {summary.warn > 0 && `, ${summary.warn} ${summary.warn === 1 ? "warns" : "warn"}`} ·
          checked <DateTime value={at} />
        </span>
      </p>
      <Tabs
        label="Status"
        value={status ?? "all"}
        onValueChange={(chosen) =>
          void navigate({ search: chosen === "all" ? {} : { status: chosen }, replace: true })
        }
        tabs={tabs}
      />
    </>
  );
}
