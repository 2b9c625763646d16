import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { tellWhenGone } from "./behind-others.ts";
import { allHaveLeft, endAnswer } from "./exchange.ts";

test("every answer of a connection that has gone is closed, once, and takes what is written to it", async () => {
  const answers: ServerResponse[] = [];
  const closed: number[] = [];
  const server = createServer((request, response) => {
    tellWhenGone(request, response);
    const place = answers.push(response) - 1;
    response.on("close", () => closed.push(place));
  });
  try {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(3));
    await expect.poll(() => answers.length).toBe(3);
    answers[1]?.end("two");
    socket.destroy();
    await expect.poll(() => closed.toSorted()).toEqual([0, 1, 2]);
    expect(answers.map((answer) => answer.closed)).toEqual([true, true, true]);
    for (const answer of answers) answer.write("late");
    for (const answer of answers) endAnswer(answer);
    // None of them is waited for: it closes no more.
    await allHaveLeft();
  } finally {
    server.close();
  }
});
