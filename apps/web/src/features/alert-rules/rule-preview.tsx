import { previewAlertRuleInput } from "@muniment/shared/alert-rules.ts";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Control, useWatch } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Notice } from "../../ui/notice.tsx";
import type { RuleValues } from "./rule-form.ts";
import { spanOf } from "./rule-words.ts";

const typingMilliseconds = 400;

/** What the rule that is being written would count now. */
export function RulePreview({ control }: { control: Control<RuleValues> }) {
  const [query, threshold, windowMinutes] = useWatch({
    control,
    name: ["query", "threshold", "windowMinutes"],
  });
  const wanted = JSON.stringify({ query, threshold, windowMinutes });
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), typingMilliseconds);
    return () => clearTimeout(timer);
  }, [wanted]);
  const input = previewAlertRuleInput.safeParse(JSON.parse(asked));
  const preview = useQuery(
    trpc.alertRules.preview.queryOptions(
      input.data ?? { query: "", threshold: 0, windowMinutes: 1 },
      { enabled: input.success, retry: false },
    ),
  );
  if (!input.success) return null;
  if (preview.error) return <Notice tone="warn">{messageOf(preview.error)}</Notice>;
  if (!preview.data) return null;
  const { count, capped, fires } = preview.data;
  const events = `${capped ? "at least " : ""}${count.toLocaleString("en")} such event${count === 1 ? "" : "s"}`;
  return (
    <Notice tone={fires ? "warn" : "info"}>
      {events} arrived within the last {spanOf(input.data.windowMinutes)}
      {fires ? ": it would fire at once." : "."}
    </Notice>
  );
}
