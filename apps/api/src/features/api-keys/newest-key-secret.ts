import type { Deps } from "../../deps.ts";

/** The ring element under which new keys are stored. */
export function newestKeySecret({ secrets }: Pick<Deps, "secrets">): Buffer {
  const [newest] = secrets.apiKeyHmac;
  if (!newest) throw new Error("the API key ring is empty");
  return newest;
}
