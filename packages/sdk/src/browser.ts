import type { Muniment, MunimentOptions } from "./client.ts";

/** Calls that may outlive their page, which browsers allow 64 KiB in all. */
export const browserOptions = {
  batchLength: 30_000,
  keepalive: true,
} as const satisfies Partial<MunimentOptions>;

/** As much of a `document` as it takes. */
type Page = {
  visibilityState: string;
  addEventListener(type: "visibilitychange", listener: () => void): void;
  removeEventListener(type: "visibilitychange", listener: () => void): void;
};

/** Sends what waits when the page is hidden, the last moment a page is told of. The returned function takes it back. */
export function flushOnHide(
  muniment: Muniment,
  page: Page = (globalThis as unknown as { document: Page }).document,
): () => void {
  const onChange = () => {
    if (page.visibilityState === "hidden") void muniment.flush();
  };
  page.addEventListener("visibilitychange", onChange);
  return () => page.removeEventListener("visibilitychange", onChange);
}
