import { afterEach, expect } from "vitest";
import { pageErrors } from "./browser.ts";

afterEach(() => {
  expect(pageErrors.splice(0), "errors of the page that nobody caught").toEqual([]);
});
