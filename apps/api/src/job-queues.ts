/** The job that removes the events of a deleted user in bounded steps; payload `{ userId }`. */
export const deleteUserEventsQueue = "delete-user-events";
