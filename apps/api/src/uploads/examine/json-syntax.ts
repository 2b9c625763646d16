const space = /[ \t\n\r]*/y;
const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none in strings
const plain = /[^"\\\u0000-\u001f]*/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const array = 1;
const object = 2;

/** Whether a text is JSON (RFC 8259), found without building its values, which may be many times as large. */
export function isJson(text: string): boolean {
  let at = 0;
  // Outside the heap, whose limit a text of nothing but brackets would reach.
  const open = new Uint8Array(text.length);
  let depth = 0;

  /** Goes past a match of a sticky pattern at this place, which may be empty. */
  function skip(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  }
  function take(character: string): boolean {
    if (text[at] !== character) return false;
    at += 1;
    return true;
  }
  function takeString(): boolean {
    if (!take('"')) return false;
    do skip(plain);
    while (skip(escaped));
    return take('"');
  }
  function takeName(): boolean {
    skip(space);
    if (!takeString()) return false;
    skip(space);
    return take(":");
  }
  /** Goes past the beginnings of arrays and objects up to the first value that holds no other. */
  function takeValue(): boolean {
    for (;;) {
      skip(space);
      if (take("[")) {
        skip(space);
        if (take("]")) return true;
        open[depth++] = array;
      } else if (take("{")) {
        skip(space);
        if (take("}")) return true;
        open[depth++] = object;
        if (!takeName()) return false;
      } else return takeString() || skip(scalar);
    }
  }

  if (!takeValue()) return false;
  for (;;) {
    skip(space);
    if (depth === 0) return at === text.length;
    const isObject = open[depth - 1] === object;
    if (take(isObject ? "}" : "]")) depth -= 1;
    else if (!take(",") || (isObject && !takeName()) || !takeValue()) return false;
  }
}
