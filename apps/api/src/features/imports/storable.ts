const longest = 500;

/** A message that quotes a file, as the database can hold it: without NUL or halves of characters, and not long. */
export const storable = (message: string): string =>
  message.replaceAll("\0", "\ufffd").slice(0, longest).toWellFormed();
