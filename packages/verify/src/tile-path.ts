/** How https://c2sp.org/tlog-tiles names tiles: `<level>/<index>`, and `.p/<width>` for a partial one. */
export type Tile = { level: number; index: number; width: number };

export const tileWidth = 256;

export function formatTilePath({ level, index, width }: Tile): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    const digits = String(rest % 1000).padStart(3, "0");
    groups.unshift(groups.length === 0 ? digits : `x${digits}`);
  }
  return `${level}/${groups.join("/")}${width === tileWidth ? "" : `.p/${width}`}`;
}

/** Null where the path is not the one name of a tile. */
export function parseTilePath(path: string): Tile | null {
  const match = /^(\d{1,2})\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (!match) return null;
  const [, level = "", groups = "", width] = match;
  const tile = {
    level: Number(level),
    index: Number(groups.replaceAll(/[x/]/g, "")),
    width: width === undefined ? tileWidth : Number(width),
  };
  const isPossible = tile.level < 64 && tile.width > 0 && tile.width <= tileWidth;
  return isPossible && formatTilePath(tile) === path ? tile : null;
}
