// Where imports begin: files are dropped, looked at, uploaded, and imported.

import { getJson, sendJson } from "./api.js";
import { setText } from "./dom.js";
import { bringAgain } from "./again.js";
import { FileCard } from "./file_card.js";
import { plural } from "./formats.js";
import { swap } from "./swap.js";
import { toast, toastProblem } from "./toasts.js";
import { keepName } from "./typed_names.js";
import { forget, remembered } from "./upload.js";

const LOOK_MILLISECONDS = 3_000;

const form = document.getElementById("new-import");
const zone = document.getElementById("drop-zone");
const input = document.getElementById("file");
const list = document.getElementById("files");
const go = document.getElementById("go");
const words = document.getElementById("go-words");

let cards = [];
let starting = false;
let again = null;

// --- files

const touched = new Set();

const initial = ({ options, defaultValue }) =>
  options ? (([...options].find((option) => option.defaultSelected) ?? options[0]).value) : defaultValue;

// The options that hold for all files. What nobody has chosen is left to the profile of each file.
const shared = () => {
  const given = {};
  for (const element of document.querySelectorAll("#options [name]")) {
    if (!element.value || (element.value === initial(element) && !touched.has(element))) continue;
    given[element.name] = element.type === "number" ? Number(element.value) : element.value;
  }
  return given;
};

// A file that would be refused has to be mended or removed first. Questions may be left to the import.
const allow = () => {
  if (starting) return;
  const ready = cards.filter((card) => !card.waits);
  const refused = ready.find((card) => card.refusal);
  const asking = ready.find((card) => card.findings.open);
  for (const button of go.querySelectorAll("button")) button.disabled = Boolean(refused);
  if (refused) setText(words, `${refused.name} can't be imported: ${refused.refusal}.`);
  else setText(words, asking ? `${plural(asking.findings.open, "question")} about ${asking.name} left: answer here, or later.` : "");
};

const arrange = () => {
  go.hidden = !cards.some((card) => !card.waits);
  zone.classList.toggle("has-files", cards.length > 0);
  allow();
};

const newCard = (given = {}) => {
  const card = new FileCard({
    shared,
    given,
    choose: () => input.click(),
    judged: allow,
    gone: (which) => {
      cards = cards.filter((each) => each !== which);
      arrange();
      input.focus();
    },
  });
  cards.push(card);
  list.append(card.element);
  return card;
};

const take = (files) => {
  for (const file of files) {
    const waiting = cards.find((card) => card.waits && card.name === file.name && card.bytes === file.size);
    const card = waiting ?? newCard();
    card.waits = false;
    card.take(file);
  }
  arrange();
};

input.multiple = true;
input.required = false;
input.addEventListener("change", () => {
  take([...input.files]);
  input.value = "";
});

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

for (const type of ["dragenter", "dragover"]) {
  addEventListener(type, (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
}
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) zone.classList.remove("over");
});
addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  zone.classList.remove("over");
  take([...event.dataTransfer.files]);
});

// Files, or a piece of a table as spreadsheets and editors give it.
addEventListener("paste", (event) => {
  if (event.target.matches("input:not([type=file]), select, textarea")) return;
  const files = [...event.clipboardData.files];
  const text = event.clipboardData.getData("text/plain");
  if (files.length) take(files);
  else if (text.trim()) take([new File([text], "pasted.csv", { type: "text/csv" })]);
});

document.getElementById("options").addEventListener("change", ({ target }) => {
  touched.add(target);
  for (const card of cards) if (!card.waits) card.look();
});

// The file of an import that is done again with other options, and what was begun before the page was loaded anew.
const bringBack = async () => {
  again = await bringAgain(touched, newCard);
  if (again) arrange();
  for (const [, { path, name }] of Object.entries(remembered())) {
    if (path === again?.path) continue;
    getJson(path).then(
      (upload) => {
        newCard().restore(path, { ...upload, name });
        arrange();
      },
      (problem) => {
        if (problem.status === 404) forget(path);
      },
    );
  }
};

bringBack();

// --- importing

const begin = async (card, dryRun) => {
  if (!dryRun) await card.remember();
  const upload = await card.uploaded();
  const headers = dryRun ? {} : { "Idempotency-Key": `import ${upload}` };
  const made = await sendJson("POST", "/api/v1/imports", { upload, ...card.options(), dry_run: dryRun }, { headers });
  await again?.replaced(card);
  const { id } = await made.json();
  if (dryRun) keepName(id, card.findings.name);
  return id;
};

const beginAll = async (dryRun) => {
  const ready = cards.filter((card) => !card.waits);
  const begun = [];
  for (const card of ready) {
    try {
      begun.push(await begin(card, dryRun));
    } catch (problem) {
      card.showProblem(problem.message);
      continue;
    }
    card.release();
    cards = cards.filter((each) => each !== card);
  }
  return begun;
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (starting) return;
  starting = true;
  for (const button of go.querySelectorAll("button")) button.disabled = true;
  setText(words, "It begins as soon as the file has arrived. Keep this page open.");
  const begun = await beginAll(event.submitter?.value === "true");
  starting = false;
  allow();
  if (begun.length === 1 && cards.length === 0) {
    location.assign(`/imports/${begun[0]}`);
    return;
  }
  arrange();
  if (!begun.length) return;
  toast(`${plural(begun.length, "import")} begun.`);
  await refreshRecent();
});

addEventListener("beforeunload", (event) => {
  if (starting && cards.some((card) => card.upload && card.upload.received < card.bytes)) event.preventDefault();
});

// --- the latest imports, as long as one of them runs

const refreshRecent = async () => {
  try {
    await swap(location.href, ["recent"]);
  } catch (problem) {
    if (problem.status) toastProblem(problem);
  }
};

setInterval(() => {
  const busy = document.querySelector('#recent [data-status="queued"], #recent [data-status="running"]');
  if (busy && !document.hidden) refreshRecent();
}, LOOK_MILLISECONDS);
