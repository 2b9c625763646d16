// The processes that npx and pnpm put between the user and a script of this repository. Killing one of
// them reaches no other, so that whoever is started by them has to look.
import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** A living process's parent, start time and arguments, or null (where there is no /proc: always null). */
function look(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z") return null;
    // npm and pnpm overwrite their arguments with a title, which is then one argument of several words.
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split(/[\0 ]/);
    return { pid, parent: Number(parent), started: rest[17], args };
  } catch {
    return null;
  }
}

const program = ({ args }) => {
  const words = basename(args[0] ?? "") === "node" ? args.slice(1) : args;
  const name = /^(npm|npx|pnpm)(?:-cli)?(?:\.c?js)?$/.exec(basename(words[0] ?? ""))?.[1];
  return name && { name, command: words[1] };
};
const isShell = ({ args }) => basename(args[0] ?? "") === "sh" && args[1] === "-c";
const runsPackages = (seen) => {
  const found = program(seen);
  return found?.name === "npx" || (found?.name === "npm" && found.command === "exec");
};

/** What lies above `pid`: `sh`, its `npm` or `pnpm`, and the `sh` and `npx` above that; no shell of the user's. */
function launchers(pid) {
  const chain = [];
  const above = (seen) => look(seen?.parent ?? 0);
  const take = (seen, wanted) => {
    const shell = seen && isShell(seen) ? seen : null;
    const found = shell ? above(shell) : seen;
    if (!found || !wanted(found)) return seen;
    chain.push(...(shell ? [shell, found] : [found]));
    return above(found);
  };
  take(take(look(pid), program), runsPackages);
  return chain;
}

/** Calls back once when one of this process's launchers is gone. */
export function whenLauncherGone(callback) {
  const chain = launchers(process.ppid);
  const timer = setInterval(() => {
    if (chain.every(({ pid, started }) => look(pid)?.started === started)) return;
    clearInterval(timer);
    callback();
  }, 500);
  timer.unref();
}
