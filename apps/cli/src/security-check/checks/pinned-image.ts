/** Whether an image is named by digest or by a tag that has at least a major and a minor version. */
export function isPinned(image: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return true;
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? "latest";
  return /^v?\d+\.\d+/.test(tag);
}
