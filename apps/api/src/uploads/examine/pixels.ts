import { refuse } from "./refusal.ts";

const longestSide = 16_384;
/** Two hundred megabytes when it is drawn. */
const mostPixels = 50_000_000;
/** Of all frames of an animation together. */
const mostFramePixels = 1_000_000_000;

/** Refuses an image by what its header says, before anybody unpacks it. */
export function requireDrawable(width: number, height: number): void {
  if (width === 0 || height === 0) refuse("The image has no width or no height.");
  const tooLarge = Math.max(width, height) > longestSide || width * height > mostPixels;
  if (tooLarge) refuse(`An image of ${width} x ${height} pixels is too large.`);
}

/** Adds up frames, so that many small ones are no bomb either. */
export function countFrames() {
  let pixels = 0;
  return (width: number, height: number): void => {
    requireDrawable(width, height);
    pixels += width * height;
    if (pixels > mostFramePixels) refuse("The animation has too many pixels.");
  };
}
