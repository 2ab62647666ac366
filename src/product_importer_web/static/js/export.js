// Asks in which format the products are to be downloaded. Without scripts, the link downloads CSV.

import { Problem, send } from "./api.js";
import { part, setText } from "./dom.js";

const sheet = document.getElementById("export-sheet");
const form = document.getElementById("export-form");
const format = part(sheet, "format");
const csv = part(sheet, "csv");
const problem = part(sheet, "problem");
const state = part(sheet, "state");
const submit = form.querySelector('[type="submit"]');
const KEPT_MILLISECONDS = 60_000;

let making = null; // what ends the request under way

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

const save = (file) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `products.${format.value}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MILLISECONDS);
};

const made = async (signal) => {
  const response = await send("GET", address(), { signal });
  return response.blob().catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The download broke off. Try again.");
  });
};

// The file is made once, and saved when all of it is there; what can't be exported is said here.
const download = async () => {
  making = new AbortController();
  setText(problem, "");
  setText(state, "The file is being made. Keep this page open.");
  submit.disabled = true;
  try {
    save(await made(making.signal));
    sheet.close();
  } catch (error) {
    if (error.name !== "AbortError") setText(problem, error.message);
  } finally {
    setText(state, "");
    submit.disabled = false;
  }
};

export const askForFormat = () => {
  setText(problem, "");
  showFormat();
  sheet.showModal();
};

format.addEventListener("change", showFormat);
part(sheet, "cancel").addEventListener("click", () => sheet.close());
sheet.addEventListener("close", () => making?.abort());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!submit.disabled) download();
});
