import { router } from "../../trpc/init.ts";
import { changeEmail } from "./change-email.ts";
import { changePassword } from "./change-password.ts";
import { confirmEmail } from "./confirm-email.ts";
import { undoEmail } from "./undo-email.ts";
import { update } from "./update.ts";

export const accountRouter = router({
  changeEmail,
  changePassword,
  confirmEmail,
  undoEmail,
  update,
});
