import { expect, test } from "vitest";
import { messageOf, reasonOf, UnexpectedAnswerError } from "../../errors.ts";
import { readBlock } from "./ask-stream.ts";

const thrown = (block: string): unknown => {
  try {
    return readBlock(block);
  } catch (error) {
    return error;
  }
};

test("reads messages, and passes over what is none", () => {
  expect(readBlock('data: {"kind":"answer","text":"a\\n\\nb"}\nid: 3')).toEqual({
    kind: "answer",
    text: "a\n\nb",
  });
  expect(readBlock("event: connected\ndata: {}")).toBeNull();
  expect(readBlock("event: ping\ndata: ")).toBeNull();
  expect(readBlock("")).toBeNull();
});

test("what the server refuses with has its reason and is told in its words", () => {
  const shape = { message: "The model asked for a tool.", data: { reason: "model_failed" } };
  const error = thrown(`event: serialized-error\ndata: ${JSON.stringify(shape)}`);
  expect(reasonOf(error)).toBe("model_failed");
  expect(messageOf(error)).toBe("The model asked for a tool.");
});

test("takes no message of another form", () => {
  expect(thrown('data: {"kind":"html","html":"<b>"}')).toBeInstanceOf(UnexpectedAnswerError);
  expect(thrown('data: {"kind":"answer","text":"a","more":1}')).toBeInstanceOf(
    UnexpectedAnswerError,
  );
});
