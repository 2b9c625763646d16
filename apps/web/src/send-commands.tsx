import { curlCommand, logCommand } from "./send-command.ts";
import { CodeBlock } from "./ui/code-block.tsx";

/** Where nothing was sent yet: how to send it to this instance. */
export function SendCommands() {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2 text-left">
      <CodeBlock code={curlCommand(location.origin, "mnt_…")} label="Copy the curl command" />
      <p>Or what an SSH server wrote, from the Muniment checkout:</p>
      <CodeBlock code={logCommand(location.origin)} label="Copy the command for a log" />
    </div>
  );
}
