import { encode } from "uqr";

/** Modules of white around a QR code that scanners need (ISO/IEC 18004). */
const quietZone = 4;

/** A QR code, dark on white in every theme, because that is what scanners expect. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: "M", border: quietZone });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-48 rounded-md border bg-white"
    >
      <path d={path} fill="black" />
    </svg>
  );
}
