import type {
  PasskeyAssertion,
  PasskeyCreation,
  PasskeyRegistration,
  PasskeyRequest,
} from "@muniment/shared/second-factors.ts";
import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from "@simplewebauthn/browser";
import { messageOf, type Overrides } from "./errors.ts";

/** What the browser or its authenticator said instead of a passkey. */
export class PasskeyError extends Error {}

/** Why this browser has no passkeys; undefined when it has. */
export function passkeysUnsupported(): string | undefined {
  return browserSupportsWebAuthn() ? undefined : "This browser does not support passkeys.";
}

const sentences: Record<string, string> = {
  NotAllowedError: "No passkey was given: the request was cancelled, or took too long.",
  InvalidStateError: "This device holds a passkey of yours already.",
  SecurityError: "The browser makes no passkeys for the address of this page.",
};

async function explained<T>(ask: () => Promise<unknown>): Promise<T> {
  try {
    return (await ask()) as T;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const name = cause instanceof Error ? cause.name : "";
    throw new PasskeyError(sentences[name] ?? "The browser did not give a passkey.", {
      cause: error,
    });
  }
}

/** Lets the person make a passkey. @throws PasskeyError */
export const makePasskey = (options: PasskeyCreation) =>
  explained<PasskeyRegistration>(() =>
    startRegistration({ optionsJSON: options as PublicKeyCredentialCreationOptionsJSON }),
  );

/** Lets the person sign with a passkey. @throws PasskeyError */
export const askPasskey = (options: PasskeyRequest) =>
  explained<PasskeyAssertion>(() =>
    startAuthentication({ optionsJSON: options as PublicKeyCredentialRequestOptionsJSON }),
  );

/** The sentence for what a step with a passkey failed with; null when there is no error. */
export function passkeyMessageOf(error: unknown, overrides?: Overrides): string | null {
  return error instanceof PasskeyError ? error.message : messageOf(error, overrides);
}
