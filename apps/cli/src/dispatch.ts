import { type Command, exitCodes, type Io, type Output, UsageError } from "./command.ts";

type Commands = Readonly<Record<string, () => Promise<Command>>>;

/** Runs the command that the first argument names, and resolves to the exit code. */
export async function dispatch(argv: string[], commands: Commands, io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--help" || name === "-h") {
    io.stdout.write(await listCommands(commands));
    return exitCodes.ok;
  }
  const load = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    const problem = name === undefined ? "Name a command." : `There is no command "${name}".`;
    io.stderr.write(`${problem}\n\n${await listCommands(commands)}`);
    return exitCodes.usage;
  }
  const command = await load();
  if (asksForHelp(rest)) {
    io.stdout.write(`${command.usage.trim()}\n`);
    return exitCodes.ok;
  }
  return runCommand(command, rest, io);
}

/** An output that tells whether anything was written to it. */
function noting(output: Output) {
  let isUsed = false;
  const write = (text: string) => {
    isUsed = true;
    return output.write(text);
  };
  return { write, isTTY: output.isTTY === true, isUsed: () => isUsed };
}

async function runCommand(command: Command, argv: string[], io: Io): Promise<number> {
  const stdout = noting(io.stdout);
  try {
    return await command.run(argv, { ...io, stdout });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
    io.stderr.write(`muniment ${command.name}: ${message}\n`);
    // One object, or what a command has told by lines until then.
    if (optionsOf(argv).includes("--json") && !stdout.isUsed()) {
      io.stdout.write(`${JSON.stringify({ ok: false, problem: message, exitCode })}\n`);
    }
    if (exitCode === exitCodes.usage) io.stderr.write(`Try: muniment ${command.name} --help\n`);
    return exitCode;
  }
}

function optionsOf(argv: string[]): string[] {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
}

function asksForHelp(argv: string[]): boolean {
  const options = optionsOf(argv);
  return options.includes("--help") || options.includes("-h");
}

async function listCommands(commands: Commands): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  const width = Math.max(...all.map(({ name }) => name.length));
  const list = all.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: muniment <command> [options]\n\n${list.join("\n")}\n\nmuniment <command> --help says more. With --json, what stops a command is told on
the standard output as well: { ok: false, problem, exitCode }.\n`;
}
