import { router } from "../../trpc/init.ts";
import { beginPasskeySignIn } from "./begin-passkey-sign-in.ts";
import { beginReauthentication } from "./begin-reauthentication.ts";
import { cancelMfa } from "./cancel-mfa.ts";
import { inspectLink } from "./inspect-link.ts";
import { me } from "./me.ts";
import { passkeySignIn } from "./passkey-sign-in.ts";
import { reauthenticate } from "./reauthenticate.ts";
import { requestPasswordReset } from "./request-password-reset.ts";
import { resetPassword } from "./reset-password.ts";
import { signIn } from "./sign-in.ts";
import { signOut } from "./sign-out.ts";
import { signUp } from "./sign-up.ts";
import { verifyEmail } from "./verify-email.ts";
import { verifyMfa } from "./verify-mfa.ts";

export const authRouter = router({
  beginPasskeySignIn,
  beginReauthentication,
  cancelMfa,
  inspectLink,
  me,
  passkeySignIn,
  reauthenticate,
  requestPasswordReset,
  resetPassword,
  signIn,
  signOut,
  signUp,
  verifyEmail,
  verifyMfa,
});
