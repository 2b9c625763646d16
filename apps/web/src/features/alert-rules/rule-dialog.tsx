import { zodResolver } from "@hookform/resolvers/zod";
import type { AlertRule } from "@muniment/shared/alert-rules.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { toast } from "../../ui/toast.ts";
import { RuleFields } from "./rule-fields.tsx";
import { newRule, type RuleValues, ruleForm } from "./rule-form.ts";
import { RulePreview } from "./rule-preview.tsx";

type Props = {
  open: boolean;
  onClose: () => void;
  /** The rule to edit; null: a new one. */
  rule: AlertRule | null;
  /** What a new rule searches. */
  query?: string | undefined;
};

export function RuleDialog({ open, onClose, rule, query }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={rule ? "Edit alert rule" : "New alert rule"}
      description="Counts events as they arrive, and tells you when there are too many."
    >
      {open && <RuleEditor rule={rule} query={query} onDone={onClose} />}
    </Dialog>
  );
}

type EditorProps = Pick<Props, "rule" | "query"> & { onDone: () => void };

function valuesOf({ rule, query = "" }: Pick<EditorProps, "rule" | "query">): RuleValues {
  if (!rule) return { ...newRule, query };
  const { name, threshold, windowMinutes, cooldownMinutes, email, webhookIds } = rule;
  const { query: known } = rule;
  return { name, query: known, threshold, windowMinutes, cooldownMinutes, email, webhookIds };
}

function RuleEditor({ rule, query, onDone }: EditorProps) {
  const form = useForm<RuleValues>({
    resolver: zodResolver(ruleForm),
    defaultValues: valuesOf({ rule, query }),
  });
  const saved = {
    onSuccess: async () => {
      await queryClient.invalidateQueries(trpc.alertRules.pathFilter());
      onDone();
      toast.success("The rule was saved.");
    },
  };
  const create = useMutation(trpc.alertRules.create.mutationOptions(saved));
  const update = useMutation(trpc.alertRules.update.mutationOptions(saved));
  const override = { invalid_query: "The search names an agent that you do not have." };
  return (
    <Form
      onSubmit={form.handleSubmit((values) =>
        rule ? update.mutate({ id: rule.id, ...values }) : create.mutate(values),
      )}
      submitError={messageOf(create.error ?? update.error, override)}
      pending={create.isPending || update.isPending}
      submitLabel={rule ? "Save" : "Create rule"}
      onCancel={onDone}
    >
      <RuleFields form={form} />
      <RulePreview control={form.control} />
    </Form>
  );
}
