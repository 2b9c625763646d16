import { configureGlobal } from "fast-check";

// A test command says the same twice; `pnpm soak:properties` tries other seeds.
configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 1) });
