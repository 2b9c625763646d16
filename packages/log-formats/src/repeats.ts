const rows = 4;
const cellsPerRow = 2 ** 20;

/**
 * Counts how often each line was seen before, in 16 MB whatever the file's size: a count-min sketch
 * (Cormode and Muthukrishnan, 2005) with conservative update. A number may come out too high when
 * lines share all four cells (about 1 in 10,000 lines at 100,000 distinct lines), but the same line
 * never gets the same number twice, and the same file always gets the same numbers.
 */
export function createRepeatCounter(): (line: string) => number {
  const cells = new Uint32Array(rows * cellsPerRow);
  const places = new Uint32Array(rows);

  return (line) => {
    let first = 0x811c9dc5;
    let second = 0x9747b28c;
    for (let i = 0; i < line.length; i += 1) {
      const unit = line.charCodeAt(i);
      first = Math.imul(first ^ unit, 0x01000193);
      second = Math.imul(second ^ unit, 0x5bd1e995) + 1;
    }
    second = (second ^ (second >>> 15)) | 1;
    let seen = 0xffffffff;
    for (let row = 0; row < rows; row += 1) {
      const mixed = Math.imul(first + Math.imul(row, second), 0x9e3779b1) >>> 12;
      const place = row * cellsPerRow + mixed;
      places[row] = place;
      seen = Math.min(seen, cells[place] ?? 0);
    }
    for (const place of places) cells[place] = Math.max(cells[place] ?? 0, seen + 1);
    return seen;
  };
}
