/** Mounts a disk of so many bytes ($1) at a place ($0). */
export const mounting: string;
/** Whether this user may mount: root may, unless in a container that may not. */
export function mayMount(): boolean;
