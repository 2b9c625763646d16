import { issuedTokens } from "@muniment/shared/tokens.ts";
import { mutate } from "./call-server.ts";

/** What a caller must know of a sign-in, which may have to be renewed while a long transfer runs. */
export type Caller = { url: URL; token: () => Promise<string> };

type Account = { email: string; password: string; code?: string };

/** Signs in, calls `work` with tokens that are renewed as long as it lasts, and signs out. @throws ServerError */
export async function signedIn<T>(
  url: URL,
  account: Account,
  work: (caller: Caller) => Promise<T>,
): Promise<T> {
  let tokens = issuedTokens.parse(await mutate(url, "tokens.issue", account));
  const halfLife = () => performance.now() + tokens.expiresIn * 500;
  let renewAt = halfLife();
  async function token(): Promise<string> {
    if (performance.now() < renewAt) return tokens.accessToken;
    const { refreshToken } = tokens;
    tokens = issuedTokens.parse(await mutate(url, "tokens.refresh", { refreshToken }));
    renewAt = halfLife();
    return tokens.accessToken;
  }
  try {
    return await work({ url, token });
  } finally {
    await mutate(url, "tokens.revoke", { refreshToken: tokens.refreshToken }).catch(() => {});
  }
}
