// How the pages call what the API has short names for, where it changes while a page is open.

export const STATUSES = {
  queued: ["Waiting", "secondary"],
  running: ["Running", "info"],
  planned: ["Previewed", "info"],
  completed: ["Completed", "success"],
  failed: ["Failed", "danger"],
  cancelled: ["Cancelled", "warning"],
  undone: ["Undone", "secondary"],
};

export const PHASES = {
  waiting: "Waiting for a worker",
  reading: "Reading and checking the file",
  saving: "Saving products",
  deactivating: "Deactivating products that the file lacks",
  finished: "",
};
