import { useEffect, useRef } from "react";

/** A function that calls `callback` with the last value once `milliseconds` have passed without another call. */
export function useDebounced<T>(callback: (value: T) => void, milliseconds: number) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (value: T) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => callback(value), milliseconds);
  };
}
