import type { Answer, Client } from "./client.ts";
import { toAnswer } from "./client.ts";
import type { TestServer } from "./harness.ts";

type Options = { name?: string; fields?: Record<string, string> };

/** Sends a form with one file, as the page does. */
export async function uploadFile(
  server: Pick<TestServer, "fetch" | "url">,
  client: Pick<Client, "cookie">,
  bytes: Uint8Array | string,
  { name = "file.txt", fields = {} }: Options = {},
): Promise<Answer> {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append("file", new File([typeof bytes === "string" ? bytes : Uint8Array.from(bytes)], name));
  const headers = { cookie: client.cookie, origin: server.url };
  return toAnswer(
    await server.fetch("/trpc/uploads.create", { method: "POST", headers, body: form }),
  );
}

export const downloadFile = (
  server: Pick<TestServer, "fetch">,
  client: Pick<Client, "cookie">,
  id: string,
) => server.fetch(`/api/v1/uploads/${id}`, { headers: { cookie: client.cookie } });
