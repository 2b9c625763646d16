import { type EventQuery, EventQueryError, queryBounds, tooLong } from "./query.ts";
import { expectEnd, readWord, skipSpace } from "./scan.ts";
import { type QueryField, queryFields, queryOperators, toTest, toTextTest } from "./terms.ts";

const named = /^([A-Za-z_][\w-]*)(?=[:=<>.])/;
const fieldEnds = ":=<>";
const longestPath = 256;

const isField = (name: string): name is QueryField => queryFields.some((field) => field === name);

/** Reads a query from left to right; each method leaves `at` behind what it has read. */
class Reader {
  at = 0;
  tests = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  fail(expected: string, position = this.at): never {
    throw new EventQueryError({ position, expected });
  }

  /** Whether a word stands here by itself; reads it if so. */
  takes(word: string): boolean {
    const end = this.at + word.length;
    if (!this.text.startsWith(word, this.at)) return false;
    if (end < this.text.length && !/[\s()]/.test(this.text[end] ?? "")) return false;
    this.at = skipSpace(this.text, end);
    return true;
  }

  either(depth: number): EventQuery {
    const parts = [this.all(depth)];
    while (this.takes("OR")) parts.push(this.all(depth));
    const [only] = parts;
    return parts.length === 1 && only ? only : { kind: "or", parts };
  }

  all(depth: number): EventQuery {
    const parts: EventQuery[] = [];
    while (this.at < this.text.length && this.text[this.at] !== ")") {
      const start = this.at;
      if (this.takes("OR")) {
        this.at = start;
        break;
      }
      if (this.takes("AND")) {
        if (parts.length === 0) this.fail("a term before AND", start);
        if (this.at >= this.text.length || this.text[this.at] === ")") this.fail("a term");
      }
      parts.push(this.one(depth));
      this.at = skipSpace(this.text, this.at);
    }
    if (parts.length === 0) this.fail("a term");
    const [only] = parts;
    return parts.length === 1 && only ? only : { kind: "and", parts };
  }

  one(depth: number): EventQuery {
    if (depth > queryBounds.depth) this.fail(`at most ${queryBounds.depth} levels`);
    if (this.takes("NOT")) {
      if (this.at >= this.text.length || this.text[this.at] === ")") this.fail("a term after NOT");
      return { kind: "not", part: this.one(depth + 1) };
    }
    if (this.text[this.at] === "-") {
      this.at += 1;
      if (skipSpace(this.text, this.at) !== this.at || this.at >= this.text.length) {
        this.fail("a term directly behind -; a text that begins with - needs quotes");
      }
      return { kind: "not", part: this.one(depth + 1) };
    }
    if (this.text[this.at] === "(") return this.group(depth);
    this.tests += 1;
    if (this.tests > queryBounds.tests) this.fail(`at most ${queryBounds.tests} terms`);
    return this.test(depth);
  }

  group(depth: number): EventQuery {
    this.at = skipSpace(this.text, this.at + 1);
    const inner = this.either(depth + 1);
    if (this.text[this.at] !== ")") this.fail("a closing )");
    this.at += 1;
    expectEnd(this.text, this.at);
    return inner;
  }

  test(depth: number): EventQuery {
    const start = this.at;
    const [, name] = named.exec(this.text.slice(start, start + 64)) ?? [];
    if (name === undefined || (!isField(name) && this.text[start + name.length] === ".")) {
      return this.freeText();
    }
    if (!isField(name)) {
      this.fail(
        `one of the fields ${queryFields.join(", ")}; a property is props.${name}, and text with : = < > needs quotes`,
      );
    }
    this.at += name.length;
    const path = name === "props" ? this.path() : "";
    const operator = queryOperators.find((one) => this.text.startsWith(one, this.at));
    const fits = name === "props" || name === "level" || operator === ":";
    if (operator === undefined || !fits) {
      return this.fail(name === "props" || name === "level" ? ": = < > <= or >=" : ":");
    }
    this.at += operator.length;
    const word = readWord(this.text, this.at);
    if (word.end === word.start) this.fail("a value");
    const test = toTest(name, path, operator, word);
    if (test.kind === "time" && depth > 0) this.fail(`${name} outside of (), OR and -`, start);
    this.at = word.end;
    expectEnd(this.text, this.at);
    return test;
  }

  path(): string {
    if (this.text[this.at] !== ".") this.fail("the path of a property, such as props.user");
    const word = readWord(this.text, this.at + 1, fieldEnds);
    const { text } = word;
    if (text === "" || text.length > longestPath || !text.isWellFormed() || text.includes("\0")) {
      this.fail(`a path of 1 to ${longestPath} characters`, word.start);
    }
    this.at = word.end;
    return text;
  }

  freeText(): EventQuery {
    const word = readWord(this.text, this.at);
    const test = toTextTest(word);
    this.at = word.end;
    expectEnd(this.text, this.at);
    return test;
  }
}

/** Whether a time stands where it would not bound the whole. */
const hasTime = (query: EventQuery): boolean =>
  query.kind === "time" ||
  ((query.kind === "and" || query.kind === "or") && query.parts.some(hasTime));

/**
 * Reads the query language: terms beside each other must all pass, `OR` between them one, `-` before
 * one means not, and parentheses group. A term is `field:value` or a text that the message contains.
 *
 * @throws EventQueryError with the position and what was expected there
 */
export function parseEventQuery(text: string): EventQuery {
  if (text.length > queryBounds.length) throw new EventQueryError(tooLong);
  const reader = new Reader(text);
  reader.at = skipSpace(text, 0);
  if (reader.at >= text.length) return { kind: "and", parts: [] };
  const query = reader.either(0);
  if (reader.at < text.length) reader.fail("an opening ( before this )");
  if (query.kind === "or" && hasTime(query)) reader.fail("since and until outside of OR", 0);
  return query;
}
