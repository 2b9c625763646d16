export type Theme = "system" | "light" | "dark";

/** The chosen theme; `public/theme.js` applies it before the first paint. */
export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem("theme");
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

export function writeTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Without storage the choice cannot be kept; the system's theme stays.
  }
  dispatchEvent(new Event("muniment:theme"));
}
