import { router } from "../../trpc/init.ts";
import { beginPasskey } from "./begin-passkey.ts";
import { beginTotp } from "./begin-totp.ts";
import { changeEmail } from "./change-email.ts";
import { changePassword } from "./change-password.ts";
import { confirmEmail } from "./confirm-email.ts";
import { confirmPasskey } from "./confirm-passkey.ts";
import { confirmTotp } from "./confirm-totp.ts";
import { disableTotp } from "./disable-totp.ts";
import { factors } from "./factors.ts";
import { listPasskeys } from "./list-passkeys.ts";
import { recoveryCodes } from "./recovery-codes.ts";
import { removePasskey } from "./remove-passkey.ts";
import { renamePasskey } from "./rename-passkey.ts";
import { signIns } from "./sign-ins.ts";
import { undoEmail } from "./undo-email.ts";
import { update } from "./update.ts";

export const accountRouter = router({
  beginPasskey,
  beginTotp,
  changeEmail,
  changePassword,
  confirmEmail,
  confirmPasskey,
  confirmTotp,
  disableTotp,
  factors,
  listPasskeys,
  recoveryCodes,
  removePasskey,
  renamePasskey,
  signIns,
  undoEmail,
  update,
});
