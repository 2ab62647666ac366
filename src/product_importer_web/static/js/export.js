// Asks in which format the products are to be downloaded. Without scripts, the link downloads CSV.

import { send } from "./api.js";
import { part, setText } from "./dom.js";

const sheet = document.getElementById("export-sheet");
const form = document.getElementById("export-form");
const format = part(sheet, "format");
const csv = part(sheet, "csv");
const problem = part(sheet, "problem");

const showFormat = () => {
  csv.hidden = format.value !== "csv";
  csv.disabled = csv.hidden; // so that its values aren't sent
};

// The link has the filters of what is shown.
const address = () => {
  const found = new URL(document.getElementById("export").href);
  found.pathname = found.pathname.replace(/csv$/, format.value);
  for (const [name, value] of new FormData(form)) if (value) found.searchParams.set(name, value);
  return found.href;
};

// What can't be exported is said here; otherwise the browser takes the file.
const download = async () => {
  const href = address();
  const trial = new AbortController();
  await send("GET", href, { signal: trial.signal });
  trial.abort();
  location.assign(href);
  sheet.close();
};

export const askForFormat = () => {
  setText(problem, "");
  showFormat();
  sheet.showModal();
};

format.addEventListener("change", showFormat);
part(sheet, "cancel").addEventListener("click", () => sheet.close());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  setText(problem, "");
  download().catch((error) => setText(problem, error.message));
});
