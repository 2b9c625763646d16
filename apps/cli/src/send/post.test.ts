import { expect, test } from "vitest";
import { key, startIngestServer } from "../../test/ingest-server.ts";
import { post } from "./post.ts";

test("a server that stores and then says nothing is asked again, and answers for the duplicate", async () => {
  await using server = await startIngestServer((call) =>
    call === 0 ? "store, then say nothing" : undefined,
  );
  const target = { url: new URL(server.url), key };
  const batch = [{ line: 1, json: '{"id":"a","type":"a"}' }];
  expect(await post(target, batch, 200)).toEqual({
    kind: "retry",
    why: `No answer from ${server.url} (timed out).`,
  });
  expect(await post(target, batch)).toMatchObject({ kind: "stored", accepted: 0, duplicates: 1 });
});

test("the address may have a path of its own", async () => {
  await using server = await startIngestServer();
  const url = new URL("behind/a/proxy/", server.url);
  expect(await post({ url, key }, [{ line: 1, json: '{"id":"a"}' }])).toEqual({
    kind: "refused",
    why: "404 not_found: POST /behind/a/proxy/api/v1/events",
  });
});
