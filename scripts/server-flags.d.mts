/** Flags of Node.js for the process that serves. */
export const serverFlags: string[];
