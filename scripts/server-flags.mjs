// Flags of the process that serves. Young objects get half of what they would otherwise get: what is
// saved, three times 8 MB, is worth more to a small machine than the few collections that it costs.
export const serverFlags = ["--max-semi-space-size=8"];

// One heap of the C library for all threads, each of which would otherwise keep a heap of its own.
export const serverEnvironment = { MALLOC_ARENA_MAX: "1" };
