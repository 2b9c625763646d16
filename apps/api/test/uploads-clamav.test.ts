import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { createScanner } from "../src/uploads/scanner.ts";
import { badText, hasClamd, startClamd, type TestClamd } from "./clamd.ts";
import { eicar, png, pngText } from "./file-samples.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";
import { uploadFile } from "./upload.ts";

describe.runIf(hasClamd)("with a virus scanner", () => {
  let clamd: TestClamd;
  let server: TestServer;
  beforeAll(async () => {
    clamd = await startClamd(eicar);
    server = await startTestServer({ env: { CLAMAV_URL: clamd.url } });
  });
  afterAll(async () => {
    await server?.stop();
    await clamd?.stop();
  });

  test("a sound file is kept, and said to have been looked at", async () => {
    const member = await server.member();
    const large = "a".repeat(900_000);
    for (const text of ["sound", large]) {
      expect(must(await uploadFile(server, member, text)).scanned).toBe(true);
    }
    expect(must(await member.query("uploads.quota")).scanned).toBe(true);
  });

  test("EICAR and what the database knows are refused, entered in the log and not kept", async () => {
    const member = await server.member();
    for (const bytes of [eicar, `a ${badText} b`]) {
      const { status, error } = await uploadFile(server, member, bytes);
      expect([status, error?.data.reason]).toEqual([422, "malware_found"]);
    }
    expect(must(await member.query("uploads.list")).items).toEqual([]);
    expect(
      await server.owner`select 1 from stored_files f where not exists (
      select from uploads u where u.id = f.id)`,
    ).toHaveLength(0);
    const admin = await server.admin();
    const search = { actions: ["upload.refused"], actorId: member.id };
    const { items } = must(await admin.query("audit.search", search));
    const reasons = items.map(({ details }: { details: { reason: string } }) => details.reason);
    expect(reasons).toEqual(["malware_found", "malware_found"]);
  });

  test("it sees what an image loses, too", async () => {
    const member = await server.member();
    const image = png({ more: [pngText(badText)] });
    const { status, error } = await uploadFile(server, member, image, { name: "a.png" });
    expect([status, error?.data.reason]).toEqual([422, "malware_found"]);
  });

  test("a file that is more than the scanner takes is refused", async () => {
    const member = await server.member();
    const { status, error } = await uploadFile(server, member, "a".repeat(1_100_000));
    expect([status, error?.data.reason]).toEqual([503, "scanner_unavailable"]);
  });

  test("while the scanner is away nothing is taken, and that is said at once", async () => {
    const member = await server.member();
    await clamd.stop();
    const from = performance.now();
    const answer = await uploadFile(server, member, "sound");
    expect([answer.status, answer.error?.data.reason]).toEqual([503, "scanner_unavailable"]);
    expect(answer.headers.get("retry-after")).toBe("60");
    expect(performance.now() - from).toBeLessThan(5000);
    expect(must(await member.query("uploads.list")).items).toEqual([]);
  });
});

describe("an answer of a scanner that is none", () => {
  let listener: Server;
  let answer: (socket: Socket) => void;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    listener = createServer((socket) => {
      socket.on("error", () => {});
      answer(socket);
    });
    await new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", resolve));
  });
  afterAll(() => listener.close());

  test.each<[string, (socket: Socket) => void]>([
    ["closes at once", (socket) => socket.destroy()],
    ["says nothing and goes", (socket) => socket.end()],
    ["half an answer", (socket) => socket.end("stream: O")],
    ["an error", (socket) => socket.end("INSTREAM size limit exceeded. ERROR\0")],
    ["OK of something else", (socket) => socket.end("stream: OK\0stream: OK\0")],
    ["HTTP", (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nstream: OK\0")],
    ["without end", (socket) => void socket.write("x".repeat(1_000_000))],
  ])("%s: the file is refused", async (_, act) => {
    answer = act;
    const scanner = createScanner({ clamav: { host: "127.0.0.1", port } });
    const scan = scanner?.scan(Buffer.from("text"));
    await expect(scan).rejects.toMatchObject({ reason: "scanner_unavailable" });
  });
});
