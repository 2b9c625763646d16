import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openCertificate } from "@muniment/verify/certificate.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { confirmRemovedFiles } from "../src/erasure/confirm-files.ts";
import { createS3Store } from "../src/uploads/s3-store.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { startS3, type TestS3 } from "./s3.ts";
import { downloadFile, uploadFile } from "./upload.ts";

describe("with an S3-compatible store", () => {
  let s3: TestS3;
  let server: TestServer;
  beforeAll(async () => {
    s3 = await startS3();
    server = await startTestServer({ env: s3.env });
    await server.admin();
  });
  afterAll(async () => {
    await server?.stop();
    await s3?.stop();
  });

  const objects = async () =>
    (await readdir(s3.directory, { recursive: true })).filter((name) => name.endsWith("_object"));
  const storeWith = (changes: object) => {
    const settings = server.deps.config.s3;
    if (!settings) throw new Error("no settings");
    return createS3Store({ ...settings, ...changes });
  };

  test("files lie in the bucket, encrypted, and nowhere on this machine's disk", async () => {
    const member = await server.member();
    const text = `kept far away ${"x".repeat(200_000)}`;
    const { id } = must(await uploadFile(server, member, text));
    const [name = ""] = await objects();
    expect(name).toContain(`uploads/${id}`);
    const bytes = await readFile(join(s3.directory, name));
    expect(bytes.length).toBe(text.length + 28);
    expect(bytes.includes("kept far away")).toBe(false);
    expect(await readdir(server.dataDir)).not.toContain("uploads");
    expect(await (await downloadFile(server, member, id)).text()).toBe(text);
    must(await member.mutate("uploads.delete", { id }));
    await expect.poll(objects).toEqual([]);
    expect((await downloadFile(server, member, id)).status).toBe(404);
  });

  test("what is not there is told from what cannot be reached, and removing it twice is no error", async () => {
    const store = storeWith({});
    const id = "01890000-0000-7000-8000-000000000001";
    expect(await store.get(id)).toBeNull();
    await store.remove(id);
    await store.put(id, Buffer.from("a"));
    await store.put(id, Buffer.from("b"));
    expect(await store.get(id)).toEqual(Buffer.from("b"));
    await store.remove(id);
    expect(await store.get(id)).toBeNull();
  });

  test.each<[string, object]>([
    ["a wrong secret", { secretAccessKey: "wrong" }],
    ["an unknown bucket", { bucket: "nobodys" }],
    ["a port where nobody listens", { endpoint: new URL("http://127.0.0.1:1024") }],
  ])("%s: nothing is stored or read, with one reason", async (_, changes) => {
    const store = storeWith(changes);
    const failed = { reason: "storage_unavailable" };
    await expect(store.put("x", Buffer.from("a"))).rejects.toMatchObject(failed);
    // A bucket that is not there holds nothing either.
    if (!("bucket" in changes)) await expect(store.get("x")).rejects.toMatchObject(failed);
  });

  test("while the store is away uploads fail and leave nothing; deleted files go when it is back, and the certificate of an erasure says so", async () => {
    const member = await server.member();
    const { id } = must(await uploadFile(server, member, "x"));
    const leaver = await server.member();
    must(await uploadFile(server, leaver, "x"));
    await s3.stop();
    const answer = await uploadFile(server, member, "y");
    expect([answer.status, answer.error?.data.reason]).toEqual([503, "storage_unavailable"]);
    expect((await downloadFile(server, member, id)).status).toBe(503);
    expect(must(await member.query("uploads.list")).items).toHaveLength(1);
    must(await member.mutate("uploads.delete", { id }));
    const known = await server.owner`select 1 from stored_files where id = ${id}`;
    expect(known).toHaveLength(1);

    const erased = must(await leaver.mutate("data.erase", { password }));
    const done = () =>
      server.owner`select 1 from erasures where id = ${erased.id} and cleaned_at is not null`;
    await expect.poll(done, { interval: 100 }).toHaveLength(1);
    const certificate = async () => {
      const { note, verifierKeys } = must(
        await server.anonymous().query("data.certificate", { id: erased.id }),
      );
      return (await openCertificate(note, verifierKeys)).certificate;
    };
    const first = await certificate();
    const left = "encrypted files that could not be removed: 1; their key is destroyed";
    expect(first.remains.map(({ what }) => what)).toContain(left);

    await confirmRemovedFiles(server.deps);
    expect(await certificate()).toEqual(first);
    s3 = await startS3(Number(new URL(s3.url).port));
    await server.owner`update stored_files set created_at = created_at - interval '1 hour'`;
    await server.deps.files.sweep();
    await confirmRemovedFiles(server.deps);
    const remains = first.remains.filter(({ what }) => what !== left);
    await expect.poll(certificate).toEqual({ ...first, remains });
    expect(await server.owner`select 1 from stored_files`).toHaveLength(0);
  });
});
