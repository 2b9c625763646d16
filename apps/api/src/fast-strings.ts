/** More often than the engine takes to note what a function is called with. */
const calls = 100;
const firstUnit = (text: string) => text.charCodeAt(0);

/**
 * A class that extends `String`, as ioredis has one, leaves the methods of all strings in a table in which
 * the engine looks them up by name at each call, in compiled code, too: 8 % of the CPU of storing events.
 * To ask an object, which a string is not, for one of them brings them back (docs/adr/0077-what-compiled-code-looked-up.md).
 */
export function keepStringsFast(): void {
  const text = Object("a") as string;
  for (let call = 0; call < calls; call += 1) firstUnit(text);
}
