import { linkToken } from "@muniment/shared/accounts.ts";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

type Name = "token" | "invitation";

/** The single-use token in an address's fragment, or null; `hash` with or without its `#`. */
export function parseLinkToken(hash: string, name: Name): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get(name);
  return linkToken.safeParse(token).data ?? null;
}

/**
 * The single-use token this page was opened with (`#token=...`), or null.
 * A fragment reaches no server log; it is taken out of the address bar and the history once read.
 */
export function useLinkToken(name: Name): string | null {
  const hash = useLocation({ select: (location) => location.hash });
  const navigate = useNavigate();
  const [token, setToken] = useState(() => parseLinkToken(hash, name));
  useEffect(() => {
    const found = parseLinkToken(hash, name);
    if (!found) return;
    setToken(found);
    void navigate({ to: ".", search: true, hash: "", replace: true });
  }, [hash, name, navigate]);
  return token;
}
