/** Flags of Node.js for the process that serves. */
export const serverFlags: string[];
/** Environment of the process that serves, for its C library. */
export const serverEnvironment: { MALLOC_ARENA_MAX: string };
