/** The job that removes the events of a deleted user in bounded steps; payload `{ userId, after }`. */
export const deleteUserEventsQueue = "delete-user-events";

/** What follows it: the payload of its `after`, a `CleanUp` of erasure/clean-up.ts. */
export const cleanUpQueue = "clean-up-after-erasure";

/** The job that sends one delivery of a webhook; payload `{ userId, deliveryId }`. */
export const deliverWebhookQueue = "deliver-webhook";

/** The job that makes a copy of a user's data; payload `{ userId, exportId }`. */
export const exportQueue = "export-own-data";

/** The job that goes on with an import; payload `{ userId, importId }`. */
export const importQueue = "import-events";
