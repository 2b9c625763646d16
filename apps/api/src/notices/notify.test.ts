import { expect, test } from "vitest";
import { noticeText } from "./notify.ts";
import { type Notice, textOf } from "./texts.ts";

const kinds = [
  "password_changed",
  "password_reset",
  "email_change_requested",
  "email_changed",
  "email_removed",
  "factor_added",
  "factor_removed",
  "recovery_codes_regenerated",
  "recovery_code_used",
  "passkey_added",
  "passkey_removed",
  "new_device",
  "new_program",
  "sessions_revoked",
  "account_locked",
  "erasure_requested",
  "erasure_cancelled",
  "webhook_disabled",
  "codes_locked",
  "factors_removed",
  "role_ended",
] as const satisfies Notice["kind"][];
const notices: Notice[] = [
  ...kinds.map((kind) => ({ kind })),
  { kind: "role_changed", role: "auditor", until: null },
  { kind: "role_changed", role: "auditor", until: new Date(0) },
];
const origin = { address: "2001:db8::1", userAgent: "<b>\r\nBcc: x@evil.example</b>" };
const at = new Date(0);

test.each(notices)(
  "the notice $kind names the account, the time and a way out, in plain ASCII",
  (notice) => {
    const publicUrl = new URL("https://muniment.example");
    const text = noticeText(publicUrl, "ada@example.org", notice, at, origin);
    expect(text).toContain("ada@example.org");
    expect(text).toContain("When: Thu, 01 Jan 1970 00:00:00 GMT");
    expect(text).toContain("From: 2001:db8::1, an unknown device");
    expect(text).toMatch(/^If (?:this was not you|you do not know why), /m);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text).not.toMatch(/evil|<|#token=/);
    expect(textOf(notice).subject).toMatch(/^[\x20-\x7e]{5,60}$/);
    for (const [link] of text.matchAll(/https?:\S+/g))
      expect(["https://muniment.example/forgot", "https://muniment.example."]).toContain(link);
  },
);
