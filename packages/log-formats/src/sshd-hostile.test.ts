import { describe, expect, test } from "vitest";
import { leastTime } from "../../../test/least-time.ts";
import { parseSshd } from "./sshd.ts";

const options = { offsetMinutes: 0, reference: Date.UTC(2026, 5, 1) };
const parse = (message: string) =>
  parseSshd(`Mar  3 05:14:21 bastion sshd[24281]: ${message}`, options);

describe("a user name cannot pass for another address", () => {
  const forged = "a from 198.51.100.9 port 5 ssh2";
  test.each([
    `Failed password for invalid user ${forged} from 192.0.2.1 port 50123 ssh2`,
    `Failed publickey for invalid user ${forged}: RSA SHA256:x from 192.0.2.1 port 50123 ssh2: RSA SHA256:y`,
    `Invalid user ${forged} from 192.0.2.1 port 50123`,
    `Connection closed by invalid user a 198.51.100.9 port 5 192.0.2.1 port 50123 [preauth]`,
    `Disconnected from invalid user a 198.51.100.9 port 5 192.0.2.1 port 50123 [preauth]`,
    `error: maximum authentication attempts exceeded for invalid user ${forged} from 192.0.2.1 port 50123 ssh2 [preauth]`,
    `Failed publickey for invalid user ${forged}: RSA-CERT SHA256:x ID y from 192.0.2.1 port 50123 ssh2: RSA SHA256:z`,
    "Failed password for invalid user a\u2028b\r from 192.0.2.1 port 50123 ssh2",
  ])("%s", (message) => {
    expect(parse(message).props).toMatchObject({ address: "192.0.2.1", port: 50123 });
  });
});

test("an endless user name is cut in the props only", () => {
  const name = "😀".repeat(200);
  const { props } = parse(`Invalid user ${name} from 192.0.2.1`);
  expect(props.user).toBe("😀".repeat(128));
});

test("no line, however hostile, takes long to read", async () => {
  const repeat = (text: string) => text.repeat(Math.floor(32_000 / text.length));
  const hostile = [
    `Failed password for ${repeat(" from x port 1 ssh2: a b ID ")}!`,
    `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost= user=${repeat(" ")}x`,
    `Connection closed by invalid user ${repeat(" 1 port 1")} x`,
    `Received disconnect from ${repeat(":1")}`,
    `PAM: ${repeat("Aa for ")}`,
    `User ${repeat(" from x not allowed becaus ")}`,
  ];
  const parseAll = () => hostile.map((message) => parse(message));
  expect(await leastTime(2000, parseAll)).toBeLessThan(2000);
});
