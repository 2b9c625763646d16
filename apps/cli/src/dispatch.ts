import { type Command, exitCodes, type Io, UsageError } from "./command.ts";

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

async function runCommand(command: Command, argv: string[], io: Io): Promise<number> {
  try {
    return await command.run(argv, io);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    io.stderr.write(`muniment ${command.name}: ${message}\n`);
    if (!(error instanceof UsageError)) return exitCodes.failed;
    io.stderr.write(`Try: muniment ${command.name} --help\n`);
    return exitCodes.usage;
  }
}

function asksForHelp(argv: string[]): boolean {
  const end = argv.indexOf("--");
  const options = end === -1 ? argv : argv.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

async function listCommands(commands: Commands): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  const width = Math.max(...all.map(({ name }) => name.length));
  const list = all.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: muniment <command> [options]\n\n${list.join("\n")}\n\nmuniment <command> --help says more.\n`;
}
