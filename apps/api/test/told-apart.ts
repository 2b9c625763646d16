import type { Answer } from "./client.ts";

/** Seconds until a window ends differ from call to call. */
const withoutSeconds = (text: string) =>
  text.replaceAll(/\bt=\d+/g, "t=n").replaceAll(/\bin \d+ s\b/g, "in n s");

/** Everything of an answer that could tell two accounts apart: all but what differs for every call. */
export function visiblePart({ status, headers, data, error }: Answer) {
  const kept = [...headers].filter(([name]) => name !== "date" && name !== "x-request-id");
  const seconds = Number(headers.get("retry-after") ?? 0);
  return {
    status,
    headers: {
      ...Object.fromEntries(kept.map(([name, value]) => [name, withoutSeconds(value)])),
      ...(seconds > 0 ? { "retry-after": "n" } : {}),
    },
    data,
    error: error && {
      ...error,
      message: withoutSeconds(error.message),
      data: { ...error.data, requestId: "" },
    },
  };
}
