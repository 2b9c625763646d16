import { expect, it } from "vitest";
import { requestReauthentication, settleReauthentication } from "./reauthentication.ts";

it("answers everyone who waits with one question, and asks anew the next time", async () => {
  const first = requestReauthentication();
  const second = requestReauthentication();
  settleReauthentication(true);
  expect(await Promise.all([first, second])).toEqual([true, true]);

  const third = requestReauthentication();
  settleReauthentication(false);
  expect(await third).toBe(false);
});
