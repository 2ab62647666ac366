// The page on which rejected rows are corrected: the server checks them while they are typed, and imports them.

import { sendJson } from "./api.js";
import { debounce, onAction, part, setText } from "./dom.js";
import { cellText, shownText } from "./fix_cells.js";
import { draftsOf } from "./fix_drafts.js";
import { makeGrid } from "./fix_grid.js";
import { grouped, plural } from "./formats.js";
import { toastProblem } from "./toasts.js";

const CHECK_MILLISECONDS = 400;
const MOST_ROWS = 1_000;
const MOST_CHARACTERS = 200_000; // of the rows of one check: a character may take four bytes

const section = document.getElementById("fix");
const { code } = section?.dataset ?? {};
const path = `/api/v1/imports/${section?.dataset.import}`;
const drafts = draftsOf(section?.dataset.import);
const columns = JSON.parse(section?.dataset.columns ?? "[]");
const rows = new Map();
let asked = 0; // the number of checks under way

const textsOf = (row) => {
  const texts = columns.map(() => "");
  for (const field of row.querySelectorAll("[data-place]")) texts[field.dataset.place] = field.value;
  return texts;
};

const cellsOf = (row) => {
  const record = Number(row.dataset.record);
  const known = [rows.get(record).cells, drafts.get(record)?.cells ?? []];
  return textsOf(row).map((text, place) => cellText(text, known.map((cells) => cells[place])));
};

const put = (row, cells) => {
  for (const field of row.querySelectorAll("[data-place]")) field.value = cells[field.dataset.place];
};

const paragraph = (name, text) => {
  const element = document.createElement("div");
  element.className = name;
  element.textContent = text;
  return element;
};

// Shows what the server said of a row; without a draft, what the import said.
const show = (row) => {
  const record = Number(row.dataset.record);
  const draft = drafts.get(record);
  const errors = draft ? draft.errors : rows.get(record).errors;
  const verdict = part(row, "verdict");
  if (!errors) verdict.replaceChildren(paragraph("text-body-secondary", "Checking…"));
  else if (draft && !errors.length) verdict.replaceChildren(paragraph("text-success-emphasis", "Corrected"));
  else verdict.replaceChildren(...errors.map((error) => paragraph("fault", error.message)));
  const wrong = new Set((errors ?? []).map((error) => error.column));
  for (const field of row.querySelectorAll("[data-place]")) {
    const isWrong = wrong.has(columns[field.dataset.place]);
    field.toggleAttribute("data-changed", field.value !== shownText(rows.get(record).cells[field.dataset.place]));
    if (isWrong) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", `wrong-${record}`);
    } else {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  }
};

const tell = () => {
  const all = drafts.all();
  const good = all.filter((draft) => draft.errors && !draft.errors.length).length;
  const bad = all.filter((draft) => draft.errors?.length).length;
  const words = [good && `${plural(good, "row")} corrected`, bad && `${plural(bad, "row")} still wrong`];
  setText(document.getElementById("fix-told"), asked ? "Checking…" : words.filter(Boolean).join(", "));
  const button = section.querySelector('[data-action="import"]');
  button.disabled = !good || asked > 0;
  setText(button, good ? `Import ${plural(good, "corrected row")}` : "Import corrected rows");
  section.querySelector('[data-action="undo"]').hidden = !all.length;
};

// As many of the rows as one check takes.
const batches = function* (all) {
  let batch = [];
  let characters = 0;
  for (const row of all) {
    const length = row.cells.reduce((sum, cell) => sum + cell.length, 0);
    if (batch.length === MOST_ROWS || (batch.length && characters + length > MOST_CHARACTERS)) {
      yield batch;
      [batch, characters] = [[], 0];
    }
    batch.push(row);
    characters += length;
  }
  if (batch.length) yield batch;
};

// Asks the server about rows; with a correction, it answers with their new cells.
const check = async (wanted, correction) => {
  asked += 1;
  tell();
  try {
    for (const batch of batches(wanted)) {
      const sent = batch.map(({ record, cells }) => ({ record, cells }));
      const response = await sendJson("POST", `${path}/rejects/check`, { rows: sent, correction });
      for (const { record, cells, errors } of (await response.json()).rows) {
        const row = rows.get(record)?.element;
        if (correction) {
          drafts.set(record, cells);
          if (row) put(row, cells);
        }
        drafts.tell(record, cells, errors);
        if (row) show(row);
      }
    }
  } catch (problem) {
    toastProblem(problem);
  } finally {
    asked -= 1;
    tell();
  }
};

const checkDrafts = debounce(CHECK_MILLISECONDS, () => check(drafts.all().filter((draft) => !draft.errors)));

const changed = (elements) => {
  for (const element of elements) {
    const record = Number(element.dataset.record);
    const cells = cellsOf(element);
    if (cells.every((cell, place) => cell === rows.get(record).cells[place])) drafts.remove([record]);
    else drafts.set(record, cells);
    show(element);
  }
  tell();
  checkDrafts();
};

const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

const correctionOf = (form) => {
  const { column, kind, text, new: by } = Object.fromEntries(new FormData(form));
  const whole = { code, ...(section.dataset.column ? { column: section.dataset.column } : {}) };
  if (kind === "set") return { ...whole, column, value: text };
  const steps = {
    replace: `${column}=replace: ${quoted(text)}, ${quoted(by ?? "")}`,
    comma: `${column}=replace: ",", .`,
    trim: `${column}=trim`,
  };
  return { ...whole, steps: [steps[kind]] };
};

const resubmit = async (body) => (await sendJson("POST", `${path}/resubmit`, body)).json();

const handlers = {
  import: async (button) => {
    button.disabled = true;
    const good = drafts.all().filter((draft) => draft.errors && !draft.errors.length);
    const made = await resubmit({ rows: good.map(({ record, cells }) => ({ record, cells })) });
    drafts.remove(good.map(({ record }) => record));
    location.assign(`/imports/${made.id}`);
  },
  "import-all": async (button) => {
    button.disabled = true;
    const correction = correctionOf(document.getElementById("rule"));
    const made = await resubmit({ corrections: [correction] });
    location.assign(`/imports/${made.id}`);
  },
  undo: async () => {
    drafts.clear();
    for (const { element, cells } of rows.values()) {
      put(element, cells);
      show(element);
    }
    tell();
  },
};

const begin = () => {
  for (const element of section.querySelectorAll("tr[data-record]")) {
    const record = Number(element.dataset.record);
    const errors = [...part(element, "verdict").children].map((each) => ({ message: each.textContent, column: null }));
    for (const field of element.querySelectorAll("[aria-invalid]")) {
      errors.push({ message: "", column: columns[field.dataset.place] });
    }
    const texts = textsOf(element);
    const own = JSON.parse(element.dataset.cells ?? "null") ?? texts;
    rows.set(record, { element, cells: texts.map((_, place) => own[place] ?? ""), errors });
    const draft = drafts.get(record);
    if (draft) {
      put(element, draft.cells);
      show(element);
    }
  }
  makeGrid(section.querySelector("table"), changed);
  const rule = document.getElementById("rule");
  rule.elements.kind.addEventListener("change", () => {
    const kind = rule.elements.kind.value;
    rule.elements.text.hidden = kind === "comma" || kind === "trim";
    rule.elements.new.hidden = kind !== "replace";
    part(rule, "by").hidden = kind !== "replace";
  });
  rule.addEventListener("submit", (event) => {
    event.preventDefault();
    const shown = [...rows].map(([record, { element }]) => ({ record, cells: cellsOf(element) }));
    check(shown, correctionOf(rule));
  });
  onAction(section, "click", Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [name, (element) => handler(element).catch((problem) => {
      toastProblem(problem);
      element.disabled = false;
    })]),
  ));
  tell();
  checkDrafts();
};

if (section) begin();
