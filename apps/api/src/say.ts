type Output = Pick<NodeJS.WriteStream, "on" | "write">;

/**
 * Says lines to whoever started the server: on the standard output, and where that takes nothing, as on
 * a full disk or where its reader is gone, on the other. Neither ends the server.
 */
export function createSay(out: Output, other: Output): (line: string) => void {
  for (const output of [out, other]) output.on("error", () => {});
  return (line) => {
    out.write(`${line}\n`, (error) => {
      if (error) other.write(`${line}\n`);
    });
  };
}
