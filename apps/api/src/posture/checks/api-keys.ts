import { type Check, type Finding, pass, skip, warn } from "../check.ts";
import type { LiveDatabase } from "../gather/live-database.ts";
import { withLive } from "./with-live.ts";

type Keys = NonNullable<LiveDatabase["apiKeys"]>;

const ofKeys = (judge: (keys: Keys) => Finding) =>
  withLive(({ apiKeys }) =>
    apiKeys === null
      ? skip("this version has not been started on it", "Start the server of this version.")
      : judge(apiKeys),
  );

const few = (wrong: number, { active }: Keys, what: string, remedy: string): Finding =>
  wrong === 0 ? pass(`${active} in force`) : warn(`${wrong} of ${active} ${what}`, remedy);

export const apiKeyChecks: Check[] = [
  {
    id: "keys.expiry",
    title: "API keys end by themselves",
    group: "keys",
    run: ofKeys((keys) =>
      few(
        keys.unending,
        keys,
        "never expire",
        "Rotate them, and give the new ones an expiry: what leaked unseen ends with it.",
      ),
    ),
  },
  {
    id: "keys.unused",
    title: "API keys in force are in use",
    group: "keys",
    run: ofKeys((keys) =>
      few(
        keys.unused,
        keys,
        "were not used for 90 days",
        "Have their owners revoke them: nobody would notice that one was taken.",
      ),
    ),
  },
  {
    id: "keys.networks",
    title: "Secret API keys work from known networks only",
    group: "keys",
    run: ofKeys((keys) =>
      few(
        keys.anywhere,
        keys,
        "work from every address",
        "Give keys of servers the networks they are used from.",
      ),
    ),
  },
];
