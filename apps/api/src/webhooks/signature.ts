import { createHmac, randomBytes } from "node:crypto";

/** 256 random bits under a prefix by which a secret scanner knows them. */
export const makeWebhookSecret = () => `whsec_${randomBytes(32).toString("base64url")}`;

/** Where a secret of a webhook is encrypted for. */
export const placeOfSecret = (webhookId: string) => `webhooks.secret:${webhookId}`;

/**
 * The signature header of a body: `t=<seconds>,v1=<hex>`, one `v1` per secret that counts now. Each is
 * HMAC-SHA256 of `<seconds>.<body>` under the text of the secret (docs/webhooks.md).
 */
export function signatureOf(secrets: readonly string[], body: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  const parts = secrets.map((secret) => {
    const mac = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
    return `v1=${mac}`;
  });
  return [`t=${seconds}`, ...parts].join(",");
}
