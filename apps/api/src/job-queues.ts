/** The job that removes the events of a deleted user in bounded steps; payload `{ userId }`. */
export const deleteUserEventsQueue = "delete-user-events";

/** The job that sends one delivery of a webhook; payload `{ userId, deliveryId }`. */
export const deliverWebhookQueue = "deliver-webhook";
