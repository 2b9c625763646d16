type Env = Record<string, string | undefined>;

export type RuntimeFacts = {
  /** As `process.versions.node`. */
  nodeVersion: string;
  nodeOptions: string;
  /** Whether NODE_TLS_REJECT_UNAUTHORIZED switches certificate checks off. */
  tlsUnverified: boolean;
};

export function readRuntime(env: Env, nodeVersion: string): RuntimeFacts {
  return {
    nodeVersion,
    nodeOptions: env.NODE_OPTIONS ?? "",
    tlsUnverified: env.NODE_TLS_REJECT_UNAUTHORIZED === "0",
  };
}
