import { router } from "../../trpc/init.ts";
import { me } from "./me.ts";
import { reauthenticate } from "./reauthenticate.ts";
import { signIn } from "./sign-in.ts";
import { signOut } from "./sign-out.ts";
import { signUp } from "./sign-up.ts";

export const authRouter = router({ me, reauthenticate, signIn, signOut, signUp });
