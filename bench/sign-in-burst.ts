import { httpRequest, load } from "./load.ts";
import { residentMegabytes } from "./rows.ts";
import type { Bench } from "./servers.ts";
import { signInRequests } from "./sign-in.ts";

/** Two hundred sign-ins at once, and how a signed-in caller of `auth.me` fares meanwhile; a line of text. */
export async function signInBurst(
  bench: Bench,
  user: { cookie: string },
  emails: string[],
): Promise<string> {
  const { port, pid } = bench.product;
  const next = await signInRequests(bench, emails);
  const before = residentMegabytes(pid);
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, residentMegabytes(pid));
  }, 50);
  const cheap = httpRequest("GET", "/trpc/auth.me", { cookie: user.cookie });
  const signIns = load(port, next, {
    connections: emails.length,
    seconds: 5,
    everyTime: true,
  });
  const calls = await load(port, () => cheap, { connections: 1, seconds: 5 });
  const { requests, p50 } = await signIns;
  clearInterval(sampler);
  return (
    `During ${emails.length} parallel sign-ins (${requests} answered in all, p50 ${Math.round(p50)} ms), ` +
    `the p99 of auth.me is **${Math.round(calls.p99)} ms** (target: under 500 ms) and the API process ` +
    `grows by **${Math.round(most - before)} MB** to ${Math.round(most)} MB (target: under 300 MB more).`
  );
}
