import type { UseFormReturn } from "react-hook-form";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Field, Fieldset } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";
import { Select } from "../../ui/select.tsx";
import { WebhookChoices } from "../../webhook-choices.tsx";
import { cooldowns, type RuleValues, windows } from "./rule-form.ts";
import { spanOf } from "./rule-words.ts";

const asNumber = { valueAsNumber: true } as const;

export function RuleFields({ form }: { form: UseFormReturn<RuleValues> }) {
  const { register } = form;
  const { errors, defaultValues } = form.formState;
  return (
    <>
      <Field label="Name" error={errors.name?.message}>
        {(control) => (
          <Input {...control} {...register("name")} placeholder="Failed sign-ins on bastion" />
        )}
      </Field>
      <Field
        label="Search"
        hint="As in the explorer, without times. Empty: every event."
        error={errors.query?.message}
      >
        {(control) => (
          <Input
            {...control}
            {...register("query")}
            autoComplete="off"
            spellCheck={false}
            placeholder="type:ssh.login.failed level>=warn"
            className="font-mono"
          />
        )}
      </Field>
      <div className="grid grid-cols-[repeat(auto-fit,minmax(8rem,1fr))] gap-4">
        <Field label="More events than" error={errors.threshold?.message}>
          {(control) => (
            <Input {...control} {...register("threshold", asNumber)} type="number" min={0} />
          )}
        </Field>
        <Field label="Within" error={errors.windowMinutes?.message}>
          {(control) => (
            <Select {...control} {...register("windowMinutes", asNumber)}>
              <Spans spans={windows} also={defaultValues?.windowMinutes} />
            </Select>
          )}
        </Field>
        <Field label="Then be quiet for" error={errors.cooldownMinutes?.message}>
          {(control) => (
            <Select {...control} {...register("cooldownMinutes", asNumber)}>
              <Spans spans={cooldowns} also={defaultValues?.cooldownMinutes} />
            </Select>
          )}
        </Field>
      </div>
      <Fieldset legend="Tell" error={errors.webhookIds?.message}>
        <Checkbox {...register("email")} label="Me, by e-mail" />
        <WebhookChoices field={register("webhookIds")} />
      </Fieldset>
    </>
  );
}

function Spans({ spans, also }: { spans: readonly number[]; also: number | undefined }) {
  const all = [...new Set([...spans, also ?? 0])].filter((one) => spans.includes(one) || one > 0);
  return all
    .sort((a, b) => a - b)
    .map((minutes) => (
      <option key={minutes} value={minutes}>
        {minutes === 0 ? "not at all" : spanOf(minutes)}
      </option>
    ));
}
