/** The server could not be reached, or refused the call. */
export class ServerError extends Error {
  /** Whether the same call may succeed soon: there was no answer, too many calls, or trouble at the server. */
  readonly mayPass: boolean;
  /** Seconds the server asks to wait before it. */
  readonly retryAfter: number | null;
  constructor(
    message: string,
    { status = null, retryAfter = null }: { status?: number | null; retryAfter?: number | null },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.mayPass = status === null || status === 429 || status >= 500;
    this.retryAfter = retryAfter;
  }
}

const timeoutMs = 30_000;

async function answerOf<T>(work: Promise<T>, origin: string): Promise<T> {
  return work.catch((error: unknown) => {
    throw new ServerError(`No answer from ${origin}.`, {}, { cause: error });
  });
}

type Refusal = { error?: { message?: string; data?: { reason?: string }; reason?: string } };

async function refusalOf(response: Response): Promise<ServerError> {
  const body = (await response.json().catch(() => ({}))) as Refusal;
  const reason = body.error?.data?.reason ?? body.error?.reason ?? `HTTP ${response.status}`;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new ServerError(
    `The server refused it: ${reason}. ${body.error?.message ?? ""}`.trimEnd(),
    { status: response.status, retryAfter: seconds >= 0 ? seconds : null },
  );
}

/** The answer of a call that must be a success. @throws ServerError */
async function dataOf(call: Promise<Response>, url: URL): Promise<unknown> {
  const response = await answerOf(call, url.origin);
  if (response.status !== 200) throw await refusalOf(response);
  return answerOf(response.json(), url.origin);
}

const bearer = (token: string | undefined) =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** Calls a mutation. @throws ServerError */
export async function mutate(url: URL, path: string, input: object, token?: string) {
  const call = fetch(new URL(`trpc/${path}`, url), {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer(token) },
    body: JSON.stringify(input),
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  return ((await dataOf(call, url)) as { result: { data: unknown } }).result.data;
}

/** Calls a query. @throws ServerError */
export async function query(url: URL, path: string, input: object, token: string) {
  const target = new URL(`trpc/${path}`, url);
  target.searchParams.set("input", JSON.stringify(input));
  const call = fetch(target, {
    headers: bearer(token),
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  return ((await dataOf(call, url)) as { result: { data: unknown } }).result.data;
}

/** Sends bytes to a path that answers JSON. @throws ServerError */
export function sendBytes(url: URL, path: string, bytes: Buffer<ArrayBuffer>, token: string) {
  const call = fetch(new URL(path, url), {
    method: "POST",
    headers: { "content-type": "application/octet-stream", ...bearer(token) },
    body: bytes,
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  return dataOf(call, url);
}

/** The bytes of a download as they come. @throws ServerError also where it breaks off */
export async function* download(
  url: URL,
  path: string,
  token: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const call = fetch(new URL(path, url), { headers: bearer(token), redirect: "manual", signal });
  const response = await answerOf(call, url.origin);
  if (response.status !== 200 || !response.body) throw await refusalOf(response);
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await answerOf(reader.read(), url.origin);
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
