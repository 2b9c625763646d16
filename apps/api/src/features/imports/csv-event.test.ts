import { expect, test } from "vitest";
import { eventOfRow, planCsv } from "./csv-event.ts";

test.each([
  ["message", {}, "No column holds the type"],
  ["type,Type", {}, "two columns for type"],
  ["type,", {}, "no name"],
  ["type", { seq: "n" }, "no column n for seq"],
  ['t"y"pe', {}, "not CSV"],
])("a first row %j says nothing that can be used", (row, columns, why) => {
  expect(() => planCsv(row, columns, null)).toThrow(why);
});

test.each([
  ["type,n", "a,1", '{"type":"a","props":{"n":"1"}}'],
  ["type\tseq", "a\t7", '{"type":"a","seq":7}'],
  ["type,seq", "a,07", '{"type":"a","seq":"07"}'],
  ["type,props,n", 'a,"{""x"":1.0}",2', '{"type":"a","props":{"x":1.0,"n":"2"}}'],
  ["type,props", "a,{}", '{"type":"a","props":{}}'],
  ["type,message", 'a,""', '{"type":"a"}'],
  ["type,message", "a,'=1", `{"type":"a","message":"'=1"}`],
  ["TYPE,__proto__", "a,x", '{"type":"a","props":{"__proto__":"x"}}'],
])("under %j the row %j is %s", (header, row, json) => {
  expect(eventOfRow(row, planCsv(header, {}, null))).toBe(json);
});

test.each([
  ["a,b", "2 cells"],
  ['a,"b"c,', "quote"],
  ['a,"[1]",', "not a JSON object"],
  ['a,"{}},""type"":""b""",', "not JSON"],
])("no event is read from the row %j", (row, why) => {
  expect(() => eventOfRow(row, planCsv("type,props,n", {}, null))).toThrow(why);
});
