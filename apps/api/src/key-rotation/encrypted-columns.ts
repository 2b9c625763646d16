import { wrapPlace } from "../audit/data-keys.ts";
import { totpPlace } from "../identity/second-factor.ts";
import { placeOfPayload } from "../jobs.ts";
import { placeOfSecret } from "../webhooks/signature.ts";
import { placeOfWitnessSecret } from "../witnesses/send-checkpoint.ts";

/** A column that `ENCRYPTION_KEY` encrypts, of a table whose primary key is one UUID. */
export type EncryptedColumn = {
  table: string;
  column: string;
  /** The primary key. */
  id: string;
  /** What a row's text is encrypted for. */
  place: (id: string) => string;
};

/** All of them: what is missing here is lost with the element it was encrypted under (`encrypted-columns.test.ts`). */
export const encryptedColumns: readonly EncryptedColumn[] = [
  { table: "data_keys", column: "wrapped", id: "id", place: wrapPlace },
  { table: "jobs", column: "payload", id: "id", place: placeOfPayload },
  { table: "totp_factors", column: "secret", id: "user_id", place: totpPlace },
  { table: "totp_factors", column: "pending_secret", id: "user_id", place: totpPlace },
  { table: "webhooks", column: "secret", id: "id", place: placeOfSecret },
  { table: "webhooks", column: "previous_secret", id: "id", place: placeOfSecret },
  { table: "witnesses", column: "secret", id: "id", place: placeOfWitnessSecret },
];
