import { customType, timestamp, uuid } from "drizzle-orm/pg-core";

/** Milliseconds are what the API answers, so they are what is stored. */
export const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** A UUIDv7 made by the application. */
export const id = () => uuid("id").primaryKey();

/** The id of a transaction, which PostgreSQL never uses again. */
export const xid8 = customType<{ data: string }>({ dataType: () => "xid8" });

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
  fromDriver: (value) => new Uint8Array(value),
  toDriver: (value) => Buffer.from(value),
});

/** Sets of whole numbers as ranges. */
export const int8multirange = customType<{ data: string }>({ dataType: () => "int8multirange" });
