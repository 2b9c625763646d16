const guessable =
  /^(?:postgres|redis|muniment|password|passwd|secret|admin|root|changeme|test)\d*$/i;

/** What is wrong with a password that a program presents, or null. Never repeats it. */
export function passwordProblem(password: string, username: string): string | null {
  if (password === "") return "is missing";
  if (password.toLowerCase() === username.toLowerCase()) return "is the user's name";
  if (guessable.test(password)) return "is a guessable word";
  if (password.length < 16) return "is shorter than 16 characters";
  return null;
}
