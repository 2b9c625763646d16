import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import type { Resolve } from "../src/egress/egress.ts";

/** Answers an A record for whatever is asked (RFC 1035, 4.1). */
function answerTo(query: Buffer, address: string): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 6);
  header.writeUInt32BE(0, 8);
  const end = query.indexOf(0, 12) + 5;
  const record = Buffer.from("c00c00010001000000000004", "hex");
  const bytes = Buffer.from(address.split(".").map(Number));
  return Buffer.concat([header, query.subarray(12, end), record, bytes]);
}

/** A real DNS server on loopback that gives its answers in turn, and the last one from then on. */
export async function startDnsServer(answers: string[]) {
  const server = createSocket("udp4");
  let asked = 0;
  server.on("message", (query, { port, address }) => {
    const next = answers[Math.min(asked, answers.length - 1)] ?? "";
    asked += 1;
    server.send(answerTo(query, next), port, address);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  const resolve: Resolve = (host) => resolver.resolve4(host);
  return {
    resolve,
    asked: () => asked,
    stop: () => new Promise<void>((done) => server.close(() => done())),
  };
}
