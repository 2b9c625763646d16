import { toBase64 } from "@muniment/verify/base64.ts";
import { signatureOf } from "../webhooks/signature.ts";
import { placeOfWitnessSecret, type Send } from "./send-checkpoint.ts";

const timeoutMilliseconds = 10_000;

/** The newest checkpoint as JSON, signed as webhooks are (docs/webhooks.md). */
export const sendToWebhook: Send = async (
  { egress, encryption, now },
  { id, target, secret },
  { origin, size, root, at, note },
) => {
  const data = { origin, size, rootHash: toBase64(root), at: at.toISOString(), note };
  const body = JSON.stringify({ type: "audit.checkpoint", data });
  const secrets = secret === null ? [] : [encryption.decrypt(secret, placeOfWitnessSecret(id))];
  const { status } = await egress.send({
    url: target,
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "Muniment-Webhook/1",
      "muniment-topic": "audit.checkpoint",
      "muniment-sequence": String(size),
      "muniment-signature": signatureOf(secrets, body, now()),
    },
    body,
    timeoutMilliseconds,
    maxBodyBytes: 4096,
  });
  if (status < 200 || status > 299) throw new Error(`The answer was ${status}.`);
  return {};
};
