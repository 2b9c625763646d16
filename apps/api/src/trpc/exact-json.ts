import { type ExactText, textOf } from "../http/exact-text.ts";
import { procedure } from "./init.ts";

/** Gives the handler its input's JSON text, for what parsing loses. */
export const exactJson = procedure.meta({ exactJson: true }).use(async function giveExactJson({
  next,
  getRawInput,
}) {
  const raw = await getRawInput();
  const exact: ExactText | undefined =
    typeof raw === "object" && raw !== null ? textOf(raw) : undefined;
  return next({ ctx: { exact } });
});
