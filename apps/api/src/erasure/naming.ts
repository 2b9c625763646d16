const special = /[.*+?^${}()|[\]\\/-]/g;

/**
 * Tells texts that name one of some ids or addresses from those that only name a longer one, such as
 * `bob@example.org` where it is `ob@example.org` that is looked for. None of them: no text does.
 */
export function naming(names: readonly string[]): (text: string) => boolean {
  if (names.length === 0) return () => false;
  const any = names.map((name) => name.replaceAll(special, "\\$&")).join("|");
  // Around an address: what its local part and its host could go on with (RFC 5322, dot-atom), but "=".
  const whole = new RegExp(`(?<![\\w.!#$%&'*+?^\`{|}~-])(?:${any})(?![\\w-]|\\.\\w)`);
  return (text) => whole.test(text);
}

/** The same of JSON, in which a backslash and what follows it stand for an end of line or the like. */
export function namingInJson(names: readonly string[]): (json: string) => boolean {
  const isNamed = naming(names);
  return (json) => isNamed(json.replaceAll(/\\(?:u[0-9a-f]{4}|.)/g, " "));
}
