import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export type NotingProxy = {
  url: string;
  /** What the server answered, in order, and when the call had come, in milliseconds. */
  answers: { status: number; retryAfter: number; askedAt: number }[];
  close(): void;
};

/** A way to a server that notes its answers. */
export async function openNotingProxy(target: string): Promise<NotingProxy> {
  const answers: NotingProxy["answers"] = [];
  const proxy = createServer((incoming, outgoing) => {
    const askedAt = performance.now();
    const { method, headers, url = "/" } = incoming;
    const onward = request(new URL(url, target), { method, headers }, (answer) => {
      const status = answer.statusCode ?? 0;
      answers.push({ status, retryAfter: Number(answer.headers["retry-after"]), askedAt });
      outgoing.writeHead(status, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answers,
    close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
