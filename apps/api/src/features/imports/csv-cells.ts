/** A cell of CSV; `quoted` tells an empty text from nothing. */
export type Cell = { text: string; quoted: boolean };

/** The cells of a row (RFC 4180); null where its quotes make no sense. */
export function readCells(row: string, separator: string): Cell[] | null {
  const cells: Cell[] = [];
  let at = 0;
  for (;;) {
    if (row.startsWith('"', at)) {
      let end = row.indexOf('"', at + 1);
      while (end >= 0 && row.startsWith('"', end + 1)) end = row.indexOf('"', end + 2);
      if (end < 0) return null;
      cells.push({ text: row.slice(at + 1, end).replaceAll('""', '"'), quoted: true });
      at = end + 1;
      if (at < row.length && !row.startsWith(separator, at)) return null;
    } else {
      const next = row.indexOf(separator, at);
      const text = row.slice(at, next < 0 ? row.length : next);
      if (text.includes('"')) return null;
      cells.push({ text, quoted: false });
      at = next < 0 ? row.length : next;
    }
    if (at >= row.length) return cells;
    at += separator.length;
  }
}

const separators = [",", ";", "\t"] as const;

/** The cells of the first row, and what separates them: whichever makes most of them. */
export function readHeader(row: string): { names: string[]; separator: string } | null {
  const readings = separators.flatMap((separator) => {
    const cells = readCells(row, separator);
    return cells ? [{ names: cells.map(({ text }) => text.trim()), separator }] : [];
  });
  const [best] = readings.sort((a, b) => b.names.length - a.names.length);
  return best ?? null;
}
