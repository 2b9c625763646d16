import type { Query } from "@muniment/db/statements.ts";
import { Frontier, type Hash, leafHash } from "@muniment/verify/merkle.ts";
import { tileHeight } from "./tree.ts";

type Run = { level: number; first: number; count: number };

/** A log as the database keeps it, with the roots at some sizes, and what it was asked for. */
export function logOf(entries: number, sizes: readonly number[], textOf = (at: number) => `${at}`) {
  /** Hashes by level of tiles. */
  const levels: Hash[][] = [[], [], []];
  const roots = new Map<number, Hash>();
  const asked: Run[][] = [];
  const tree = new Frontier(({ level }, hash) => {
    if (level % tileHeight === 0) levels[level / tileHeight]?.push(hash);
  });
  for (let at = 0; at < entries; at += 1) {
    const hash = leafHash(textOf(at));
    levels[0]?.push(hash);
    tree.append(hash);
    if (sizes.includes(tree.size)) roots.set(tree.size, tree.root());
  }
  /** Answers the one statement that the tree is read with. */
  const sql: Query = async (_, places) => {
    const runs = JSON.parse(String(places)) as Run[];
    asked.push(runs);
    return runs.map(({ level, first, count }) => ({
      hashes: Buffer.concat(levels[level]?.slice(first, first + count) ?? []),
    }));
  };
  function rootOf(size: number): Hash {
    const root = roots.get(size);
    if (!root) throw new Error(`no root of ${size} entries is known`);
    return root;
  }
  return { sql, asked, rootOf };
}
