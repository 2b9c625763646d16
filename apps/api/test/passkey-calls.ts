import type { PasskeyCreation, PasskeyRequest } from "@muniment/shared/second-factors.ts";
import { createAuthenticator } from "./authenticator.ts";
import type { Client } from "./client.ts";
import { must } from "./harness.ts";

/** A host name, which passkeys need; servers of tests answer at an address of digits. */
export const site = "https://muniment.example";

export const beginPasskey = async (client: Client): Promise<PasskeyCreation> =>
  must(await client.mutate("account.beginPasskey"));

export const confirmPasskey = (client: Client, response: object, name = "Phone") =>
  client.mutate("account.confirmPasskey", { name, response });

/** Makes a passkey for a user; answers it beside what the server said. */
export async function addPasskey(client: Client, name?: string) {
  const key = createAuthenticator(site);
  const added = must(await confirmPasskey(client, key.create(await beginPasskey(client)), name));
  return { key, added };
}

export const beginPasskeySignIn = async (client: Client): Promise<PasskeyRequest> =>
  must(await client.mutate("auth.beginPasskeySignIn"));
