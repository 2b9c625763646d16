/** What a call answered; `error` is tRPC's shape. */
export type Answer = {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every procedure
  data: any;
  error: { message: string; data: { code: string; reason: string; requestId: string } } | undefined;
};

export type Client = {
  query(path: string, input?: unknown): Promise<Answer>;
  mutate(path: string, input?: unknown): Promise<Answer>;
  /** The session cookie. */
  cookie: string;
  /** The cookie by which accounts know this browser again. */
  device: string;
  headers: Record<string, string>;
};

type Envelope = { result?: { data: unknown }; error?: Answer["error"] };

export async function toAnswer(response: Response): Promise<Answer> {
  const body = (await response.json()) as Envelope;
  return {
    status: response.status,
    headers: response.headers,
    data: body.result?.data,
    error: body.error,
  };
}

/** A caller over real HTTP with a cookie jar of two cookies, as a browser page of `origin` would call. */
export function createClient(url: string, headers: Record<string, string> = {}): Client {
  const client: Client = {
    cookie: "",
    device: "",
    headers,
    async query(path, input) {
      const query =
        input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
      return send(`${url}/trpc/${path}${query}`, {});
    },
    async mutate(path, input) {
      return send(`${url}/trpc/${path}`, {
        method: "POST",
        ...(input === undefined
          ? {}
          : { body: JSON.stringify(input), headers: { "content-type": "application/json" } }),
      });
    },
  };
  async function send(target: string, init: RequestInit) {
    const response = await fetch(target, {
      ...init,
      headers: {
        origin: url,
        ...(client.cookie || client.device
          ? { cookie: [client.cookie, client.device].filter(Boolean).join("; ") }
          : {}),
        ...(init.headers as Record<string, string>),
        ...client.headers,
      },
    });
    for (const header of response.headers.getSetCookie()) {
      const [pair = ""] = header.split(";");
      const name = pair.includes("muniment_device=") ? "device" : "cookie";
      client[name] = pair.endsWith("=") ? "" : pair;
    }
    return toAnswer(response);
  }
  return client;
}
