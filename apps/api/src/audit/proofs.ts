import type { Query } from "@muniment/db/statements.ts";
import type { Checkpoint } from "@muniment/verify/checkpoint.ts";
import { verifyInclusion } from "@muniment/verify/merkle.ts";
import { inclusionProof, type KeptTiles, type Tile } from "./tree.ts";

/** Of 16 KiB each. */
const mostTiles = 256;

/** Keeps the tiles that were used last. */
function keepTiles(): KeptTiles & { clear(): void } {
  const tiles = new Map<string, Tile>();
  return {
    get(place) {
      const tile = tiles.get(place);
      if (tile) {
        tiles.delete(place);
        tiles.set(place, tile);
      }
      return tile;
    },
    set(place, tile) {
      tiles.delete(place);
      tiles.set(place, tile);
      const [oldest] = tiles.keys();
      if (tiles.size > mostTiles && oldest !== undefined) tiles.delete(oldest);
    },
    clear: () => tiles.clear(),
  };
}

/** Proves that an entry stands at an index of the log that a checkpoint is of. */
export type ProveInclusion = (
  index: number,
  checkpoint: Pick<Checkpoint, "size" | "root">,
) => ReturnType<typeof inclusionProof>;

/**
 * Makes proofs of inclusion from tiles that it keeps in memory. A proof from these is answered only where
 * it gives the root of the checkpoint, so that a database that was restored meanwhile is believed instead.
 */
export function createInclusionProofs(sql: Query): ProveInclusion {
  const kept = keepTiles();
  return async (index, { size, root }) => {
    const proof = await inclusionProof(sql, index, size, kept);
    if (verifyInclusion(proof.leaf, index, size, proof.hashes, root)) return proof;
    kept.clear();
    return inclusionProof(sql, index, size);
  };
}
