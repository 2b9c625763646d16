import { createServer, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { answersWith } from "./answer-head.ts";

test("every answer begins with the headers, whether or not it names others", async () => {
  const server = createServer(
    { ServerResponse: answersWith({ "x-always": "here" }) },
    (request, response) => {
      if (request.url === "/bare") response.end();
      else response.writeHead(404, ["x-other", "too"]).end("text");
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const bare = await fetch(`http://127.0.0.1:${port}/bare`);
    expect([bare.status, bare.headers.get("x-always")]).toEqual([200, "here"]);
    const other = await fetch(`http://127.0.0.1:${port}/`);
    expect([other.status, await other.text()]).toEqual([404, "text"]);
    expect(Object.fromEntries(other.headers)).toMatchObject({
      "x-always": "here",
      "x-other": "too",
    });
  } finally {
    server.close();
  }
});

test("a value that would begin another header is refused", () => {
  expect(() => answersWith({ "x-always": "a\r\nset-cookie: b" })).toThrow("Invalid character");
});

test("nothing is made where Node.js makes heads in another way", () => {
  const own = ServerResponse.prototype as unknown as { _storeHeader: unknown };
  const { _storeHeader } = own;
  try {
    own._storeHeader = undefined;
    expect(() => answersWith({})).toThrow("another way");
  } finally {
    own._storeHeader = _storeHeader;
  }
});
