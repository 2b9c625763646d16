import type { FieldErrors, UseFormRegisterReturn } from "react-hook-form";
import { Field } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";

export type BucketValues = {
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  retainDays: string;
};

export const noBucket: BucketValues = {
  region: "",
  accessKeyId: "",
  secretAccessKey: "",
  retainDays: "",
};

/** What was left empty is left to the server. */
export const bucketInput = (values: BucketValues) => {
  const { accessKeyId, secretAccessKey, region, retainDays } = values;
  return {
    accessKeyId,
    secretAccessKey,
    ...(region === "" ? {} : { region }),
    ...(retainDays === "" ? {} : { retainDays: Number(retainDays) }),
  };
};

const fields = [
  { name: "accessKeyId", label: "Access key", hint: "One that may not delete.", type: "text" },
  {
    name: "secretAccessKey",
    label: "Secret key",
    hint: "Kept encrypted, and never shown again.",
    type: "password",
  },
  { name: "region", label: "Region", hint: "us-east-1 where it is left empty.", type: "text" },
  {
    name: "retainDays",
    label: "Lock each checkpoint for days",
    hint: "Needs S3 Object Lock on the bucket. Left empty, whoever administers the bucket can remove them.",
    type: "number",
  },
] as const;

type Props = {
  register: (name: keyof BucketValues) => UseFormRegisterReturn;
  errors: FieldErrors<BucketValues>;
};

/** What an S3-compatible store asks for beside its URL. */
export function BucketFields({ register, errors }: Props) {
  return fields.map(({ name, label, hint, type }) => (
    <Field key={name} label={label} hint={hint} error={errors[name]?.message}>
      {(control) => (
        <Input
          {...control}
          {...register(name)}
          type={type}
          autoComplete="off"
          spellCheck={false}
          {...(type === "number" ? { min: 1, max: 36_500, inputMode: "numeric" as const } : {})}
        />
      )}
    </Field>
  ));
}
