import { apiKeyHmac } from "@muniment/api/identity/api-key-format.ts";
import { connect } from "@muniment/db/connection.ts";
import type { Installation } from "../installation.ts";

/** What an installation knows of a key that was found. */
export type KnownKey = {
  id: string;
  /** Its owner. */
  userId: string;
  name: string;
  agent: string;
  works: boolean;
  /** One that does not work for now may do so again, with its owner's account. */
  isRevoked: boolean;
};

/** Looks keys up in the installation's database; null of one that is not its own. */
export async function withKeyLookup<T>(
  { owner, secrets }: Pick<Installation, "owner" | "secrets">,
  act: (find: (key: string) => Promise<KnownKey | null>) => Promise<T>,
): Promise<T> {
  const sql = connect(owner, { max: 1, applicationName: "muniment-scan" });
  try {
    return await act(async (key) => {
      const hmacs = secrets.apiKeyHmac.map((secret) => apiKeyHmac(key, secret).toString("hex"));
      const [row] = await sql`
        select k.id, k.user_id as "userId", k.name, a.name as agent,
          k.revoked_at is not null as "isRevoked",
          k.revoked_at is null and u.disabled_at is null
            and (k.expires_at is null or k.expires_at > now()) as works
        from api_keys k join agents a on a.id = k.agent_id join users u on u.id = k.user_id
        where encode(k.hmac, 'hex') in ${sql(hmacs)}`;
      return row ? (row as unknown as KnownKey) : null;
    });
  } finally {
    await sql.end({ timeout: 2 });
  }
}
