// Flags of the process that serves. Young objects get half of what they would otherwise get: what is
// saved, three times 8 MB, is worth more to a small machine than the few collections that it costs.
export const serverFlags = ["--max-semi-space-size=8"];
