import { z } from "zod";

z.config({
  // Zod would probe for `new Function`, which the content security policy reports as a violation.
  jitless: true,
  customError: (issue) => {
    if (issue.code === "invalid_type" && issue.input === undefined) return "required";
    if (issue.code === "invalid_type" && issue.expected === "number") return "not a number";
    if (issue.code === "too_small" && issue.minimum === 1 && issue.origin !== "number") {
      return issue.origin === "array" ? "choose at least one" : "required";
    }
    if (issue.code === "too_small" && issue.origin === "number") return `at least ${issue.minimum}`;
    if (issue.code === "too_big" && issue.origin === "number") return `at most ${issue.maximum}`;
    if (issue.code === "too_big" && issue.origin === "string") {
      return `use at most ${issue.maximum} characters`;
    }
    return undefined;
  },
});
