/** The server could not be reached, or refused the call. */
export class ServerError extends Error {}

const timeoutMs = 30_000;

async function answerOf(work: Promise<Response>, origin: string): Promise<Response> {
  return work.catch((error: unknown) => {
    throw new ServerError(`No answer from ${origin}.`, { cause: error });
  });
}

type Refusal = { error?: { message?: string; data?: { reason?: string }; reason?: string } };

async function refusalOf(response: Response): Promise<ServerError> {
  const body = (await response.json().catch(() => ({}))) as Refusal;
  const reason = body.error?.data?.reason ?? body.error?.reason ?? `HTTP ${response.status}`;
  return new ServerError(
    `The server refused it: ${reason}. ${body.error?.message ?? ""}`.trimEnd(),
  );
}

/** Calls a mutation. @throws ServerError */
export async function mutate(url: URL, path: string, input: object, token?: string) {
  const call = fetch(new URL(`trpc/${path}`, url), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(input),
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  const response = await answerOf(call, url.origin);
  if (response.status !== 200) throw await refusalOf(response);
  const { result } = (await response.json()) as { result: { data: unknown } };
  return result.data;
}

/** Opens a download. @throws ServerError */
export async function download(url: URL, path: string, token: string, signal: AbortSignal) {
  const headers = { authorization: `Bearer ${token}` };
  const call = fetch(new URL(path, url), { headers, redirect: "manual", signal });
  const response = await answerOf(call, url.origin);
  if (response.status !== 200 || !response.body) throw await refusalOf(response);
  return response.body;
}
