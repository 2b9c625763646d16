import { afterEach, vi } from "vitest";

const spy = vi.spyOn(console, "error");

// An error that only reaches the console would pass unnoticed.
afterEach(() => {
  const calls = spy.mock.calls.splice(0);
  if (calls.length > 0)
    throw new Error(`console.error was called: ${calls.map(String).join("; ")}`);
});
