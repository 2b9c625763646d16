import type { Target } from "@muniment/sdk/delivery";
import { type Event, eventPage } from "@muniment/shared/events.ts";
import { UsageError } from "../command.ts";
import { printable } from "../send/report.ts";

const timeoutMs = 30_000;
const mostPerPage = 100;

/** The server could not be reached, or refused the call. */
export class SearchError extends Error {}

type Asked = { input: Record<string, string>; limit: number; signal: AbortSignal };

/**
 * The events that pass, newest first, page by page up to `limit`.
 * @throws SearchError; UsageError where the server cannot read what was asked
 */
export async function* readPages(target: Target, asked: Asked): AsyncGenerator<Event[]> {
  let cursor: string | null = "";
  for (let left = asked.limit; left > 0 && cursor !== null; ) {
    const url = new URL("api/v1/events", target.url);
    for (const [name, value] of Object.entries(asked.input)) url.searchParams.set(name, value);
    url.searchParams.set("limit", String(Math.min(left, mostPerPage)));
    if (cursor !== "") url.searchParams.set("cursor", cursor);
    const page = await readPage(target, url, asked.signal);
    yield page.items;
    left -= page.items.length;
    cursor = page.nextCursor;
  }
}

async function readPage({ url: { origin }, key }: Target, url: URL, signal: AbortSignal) {
  const { status, body } = await get(url, key, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new SearchError(`No answer from ${origin} (${causeOf(error)}).`, { cause: error });
  });
  const page = eventPage.safeParse(body);
  if (status === 200 && page.success) return page.data;
  const { reason, message } = refusalOf(body);
  if (reason === "") {
    throw new SearchError("The answer is not one of Muniment's. Does --url name its address?");
  }
  const said = printable(`${message || reason} (${reason})`, 1000);
  if (status === 400) throw new UsageError(said);
  throw new SearchError(said);
}

async function get(url: URL, key: string, signal: AbortSignal) {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${key}` },
    // Followed, a redirected call would carry the key elsewhere.
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const text = await response.text();
  const body: unknown = text.startsWith("{") ? JSON.parse(text) : undefined;
  return { status: response.status, body };
}

function refusalOf(body: unknown): { reason: string; message: string } {
  const error = property(body, "error");
  const [reason, message] = [property(error, "reason"), property(error, "message")];
  return { reason: String(reason ?? ""), message: String(message ?? "") };
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function causeOf(error: unknown): string {
  const cause = property(error, "cause") ?? error;
  return String(property(cause, "code") ?? property(cause, "message") ?? cause);
}
