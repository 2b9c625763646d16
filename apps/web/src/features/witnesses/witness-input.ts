import { addWitnessInput } from "@muniment/shared/witnesses.ts";
import { type BucketValues, bucketInput, noBucket } from "./bucket-fields.tsx";

export const kinds = ["witness", "webhook", "email", "bucket"] as const;

export type Values = { kind: (typeof kinds)[number]; target: string; key: string } & BucketValues;

export const noValues: Values = { kind: "witness", target: "", key: "", ...noBucket };

/** What is sent of the form, which differs by the kind. */
export function inputOf(values: Values) {
  const { kind, target, key } = values;
  const more = { witness: { key }, webhook: {}, email: {}, bucket: bucketInput(values) };
  return addWitnessInput.safeParse({ kind, target, ...more[kind] });
}
