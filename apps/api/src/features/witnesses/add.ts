import { type AddWitnessInput, addedWitness, addWitnessInput } from "@muniment/shared/witnesses.ts";
import { v7 as uuidv7 } from "uuid";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { makeWebhookSecret } from "../../webhooks/signature.ts";
import { insertWitness, targetOf } from "../../witnesses/manage.ts";
import { ownCosigner } from "../../witnesses/own-witness.ts";
import { placeOfWitnessSecret } from "../../witnesses/send-checkpoint.ts";
import { tryBucket } from "../../witnesses/send-to-bucket.ts";
import { requireMailServer } from "../../witnesses/send-to-mailbox.ts";
import { toWitness } from "./read-witnesses.ts";

/** How a bucket is called; nothing for other kinds. */
const bucketOf = (input: AddWitnessInput) =>
  input.kind === "bucket"
    ? {
        region: input.region ?? "us-east-1",
        accessKeyId: input.accessKeyId,
        retainDays: input.retainDays ?? null,
      }
    : null;

/** Has checkpoints sent to another place from now on. */
export const add = limited("general")
  .concat(signedIn)
  .concat(permission("witnesses:write"))
  .concat(recentlyAuthenticated)
  .input(addWitnessInput)
  .use(async function checkTarget({ ctx, input, next }) {
    const { config, egress, now } = ctx.deps;
    if (input.kind === "email") requireMailServer(config);
    else await egress.check(input.target);
    const bucket = bucketOf(input);
    if (bucket && input.kind === "bucket") {
      const { target, secretAccessKey } = input;
      await tryBucket(egress, { target, secretAccessKey, ...bucket }, now());
    }
    return next();
  })
  .concat(audited("witness.added"))
  .output(addedWitness)
  .mutation(async ({ ctx: { deps, tx, audit }, input }) => {
    const id = uuidv7();
    const { kind, target, everySeconds } = input;
    const made = kind === "webhook" ? makeWebhookSecret() : null;
    const secret = kind === "bucket" ? input.secretAccessKey : made;
    const row = await insertWitness(
      tx,
      {
        ...{ id, kind, target, everySeconds },
        key: kind === "witness" ? { text: input.key, own: await ownCosigner(deps) } : undefined,
        bucket: bucketOf(input),
        ...(secret ? { secret: deps.encryption.encrypt(secret, placeOfWitnessSecret(id)) } : {}),
      },
      deps.now(),
    );
    await audit({ target: targetOf(row), details: { kind } });
    return { ...toWitness(row), secret: made };
  });
