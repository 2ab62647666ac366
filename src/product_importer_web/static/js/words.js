// How the pages call what the API has short names for, where it changes while a page is open.

export const STATUSES = {
  queued: ["Waiting", "secondary"],
  running: ["Running", "info"],
  waiting: ["Questions", "warning"],
  planned: ["Previewed", "info"],
  completed: ["Completed", "success"],
  failed: ["Failed", "danger"],
  cancelled: ["Cancelled", "warning"],
  undone: ["Undone", "secondary"],
};

export const PHASES = {
  waiting: "A worker takes it on in a moment",
  fetching: "Fetching the file",
  reading: "Reading and checking the file",
  saving: "Saving products",
  deactivating: "Deactivating products that the file lacks",
  finished: "",
  interrupted: "Interrupted; a worker goes on with it in a moment",
};

// Where what is told of a file's row would be odd to whoever fills in a form.
export const FAULTS = {
  sku_missing: "Give the product a SKU.",
  name_missing: "Give the product a name.",
};
