// A file that is to be imported: its upload, its first rows, and how its columns are used.

import { send } from "./api.js";
import { ColumnSettings } from "./column_settings.js";
import { cloneTemplate, part, setBar, setText } from "./dom.js";
import { Findings, asQuery, merged } from "./findings.js";
import { size } from "./formats.js";
import { Upload, discard, forget } from "./upload.js";

const HEAD = 256 * 1024;
const SHOWN_ROWS = 6;

// Options that have no place on the page.
const UNSEEN = ["questions", "sku_from", "max_field", "max_row", "max_columns"];

const cell = (kind, text) => {
  const element = document.createElement(kind);
  element.textContent = text;
  if (text) element.title = text;
  return element;
};

const QUESTIONS = ["questions_open", "encoding_unclear"];

// What is wrong with the file as a whole, and in short why it can't be imported; null where it can. The hint at an
// option of the API is no help here. Questions are no fault: where the card doesn't show them, the import will ask.
const refusalOf = ({ problem, columns }, asks) => {
  if (!problem) return null;
  if (QUESTIONS.includes(problem.code)) {
    return asks ? null : { message: `${problem.message} The import will ask.`, reason: "" };
  }
  if (problem.code !== "missing_column" || !problem.message.includes("map: ")) {
    return { message: problem.message, reason: "see above what is wrong with it" };
  }
  const missing = ["sku", "name"].filter((field) => !columns.some(({ use }) => use === field));
  const words = missing.map((field) => (field === "sku" ? "SKU" : "name")).join(" or as ");
  return { message: `No column is used as ${words}. Choose below which one it is.`, reason: `no column is used as ${words}` };
};

// The first part of a file, and options, in a form.
const inForm = (options, head, name) => {
  const form = new FormData();
  for (const [key, value] of asQuery(options)) form.append(key, value);
  form.append("file", head, name);
  return form;
};

const textOf = (response) =>
  response.then(
    (found) => found.text(),
    (problem) => {
      if (problem.name === "AbortError") throw problem;
      return null;
    },
  );

export class FileCard {
  // shared(): the options that hold for all files. gone(card) is called once it has been removed, judged() once it
  // is known, or isn't known any more, whether the file would be refused.
  // given: the options that are chosen already, as in a request.
  constructor({ shared, gone, judged, choose, given = {} }) {
    this.shared = shared;
    this.given = given;
    this.gone = gone;
    this.judged = judged;
    this.element = cloneTemplate(document.getElementById("file-card"));
    this.map = { ...given.map };
    this.settings = new ColumnSettings(given);
    this.refusal = ""; // why the file would be refused, as far as is known
    this.upload = null;
    this.path = null; // of an upload that was complete before the page was opened
    this.looking = null;
    this.at("remove").addEventListener("click", () => this.remove());
    this.at("choose").addEventListener("click", choose);
    this.findings = new Findings(this.at("findings"), ({ columns }) => {
      if (columns) {
        this.map = {};
        this.settings.clear();
      }
      this.judged(); // fewer questions may be left
      this.look();
    }, given);
  }

  at(name) {
    return part(this.element, name);
  }

  describe(name, bytes) {
    this.name = name;
    this.bytes = bytes;
    setText(this.at("name"), name);
    setText(this.at("size"), size(bytes));
    this.at("remove").setAttribute("aria-label", `Remove ${name}`);
    this.element.querySelector('[role="progressbar"]').setAttribute("aria-label", `Upload of ${name}`);
    this.element.setAttribute("aria-label", name);
  }

  // Begins, or goes on with, the upload of a file, and shows its first rows.
  take(file) {
    this.file = file;
    this.at("ask").hidden = true;
    this.describe(file.name, file.size);
    this.upload = new Upload(file, (how) => this.showProgress(how));
    this.upload.done.then(
      () => setText(this.at("state"), "Uploaded"), // what was sent has arrived only then
      (problem) => this.upload.removed || this.showProblem(problem.message),
    );
    this.look();
  }

  // Shows an upload that was begun before the page was opened.
  restore(path, { name, length, received, complete }) {
    this.path = path;
    this.describe(name, length);
    this.showProgress({ received, waiting: null });
    if (complete) {
      setText(this.at("state"), "Uploaded");
      this.look();
    } else {
      setText(this.at("state"), "A part was uploaded before. Choose the same file again to go on.");
      this.at("ask").hidden = false;
    }
    this.waits = !complete;
  }

  showProgress({ received, waiting }) {
    const percent = this.bytes ? (100 * received) / this.bytes : 100;
    setBar(this.element.querySelector('[role="progressbar"]'), percent);
    setText(this.at("percent"), `${Math.floor(percent)} %`);
    setText(this.at("state"), waiting ?? "Uploading");
  }

  showProblem(message) {
    setText(this.at("problem"), message);
    this.at("problem").hidden = !message;
  }

  judge(refusal) {
    this.refusal = refusal;
    this.judged();
  }

  // --- the first rows

  // All but the answers to questions.
  unanswered() {
    const given = { ...this.others(), ...this.shared(), ...this.findings.options() };
    if (Object.keys(this.map).length) given.map = this.map;
    const rules = this.settings.rules((column) => this.useOf(column));
    if (Object.keys(rules).length) given.rule = rules;
    const steps = this.settings.steps();
    if (steps.length) given.transform = steps;
    return given;
  }

  // What was given at the beginning and can't be chosen on the page.
  others() {
    return Object.fromEntries(UNSEEN.filter((name) => name in this.given).map((name) => [name, this.given[name]]));
  }

  options() {
    const chosen = this.unanswered();
    return merged(this.findings.answers(chosen), chosen);
  }

  look() {
    this.looked = this.lookOnce();
  }

  async lookOnce() {
    this.looking?.abort();
    const mine = new AbortController();
    this.looking = mine;
    this.at("preview").hidden = false; // its place is kept, so that nothing jumps
    this.at("preview").classList.add("busy");
    try {
      const [preview, findings] = await this.seen(mine.signal);
      this.show(preview, findings);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      this.showProblem(problem.message);
      this.judge("");
      this.at("preview").hidden = !this.at("columns").children.length;
    } finally {
      if (this.looking === mine) this.at("preview").classList.remove("busy");
    }
  }

  // The first rows as JSON, and what the server tells about the file; of that, null where it can't be had.
  async seen(signal) {
    if (!this.file) return this.ofUpload(this.path, signal);
    const both = await this.ofPart(signal);
    return both[0].problem?.code === "whole_file_needed" ? this.ofUpload(await this.upload.done, signal) : both;
  }

  ofPart(signal) {
    const head = this.file.slice(0, HEAD);
    const about = { filename: this.file.name, complete: this.file.size <= HEAD };
    const body = inForm(this.options(), head, this.file.name);
    const rows = send("POST", `/api/v1/previews?${asQuery(about)}`, { body, signal });
    const chosen = this.unanswered();
    const query = asQuery({ ...this.findings.parameters(chosen), ...about });
    const found = send("POST", `/imports/preview?${query}`, { body: inForm(chosen, head, this.file.name), signal });
    return Promise.all([rows.then((response) => response.json()), textOf(found)]);
  }

  ofUpload(path, signal) {
    const chosen = this.unanswered();
    const query = asQuery(this.findings.parameters(chosen));
    const found = send("POST", `/imports/preview/${path.split("/").pop()}?${query}`, { body: asQuery(chosen), signal });
    const rows = send("POST", `${path}/preview`, { body: asQuery(this.options()), signal });
    return Promise.all([rows.then((response) => response.json()), textOf(found)]);
  }

  show(preview, findings) {
    if (findings !== null) this.findings.show(findings);
    const refusal = refusalOf(preview, this.findings.asks);
    this.showProblem(refusal?.message ?? "");
    this.judge(refusal?.reason ?? "");
    this.showColumns(preview.columns);
    this.showRows(preview);
    this.at("rows-region").hidden = preview.columns.length === 0;
    this.at("preview").hidden = preview.columns.length === 0 && !this.at("findings").children.length;
  }

  showColumns(columns) {
    const names = columns.map(({ name }) => name);
    const shown = [...this.at("columns").children].map((head) => head.textContent);
    if (names.join("\n") !== shown.join("\n") || !names.length) {
      this.at("columns").replaceChildren(...names.map((name) => Object.assign(cell("th", name), { scope: "col" })));
      this.at("uses").replaceChildren(...names.map((name) => this.useSelect(name)));
    }
    names.forEach((name, index) => {
      this.at("uses").children[index].lastElementChild.classList.toggle("active", this.settings.has(name));
    });
    columns.forEach(({ use }, index) => {
      this.at("uses").children[index].firstElementChild.value = use;
    });
  }

  useSelect(name) {
    const select = cloneTemplate(document.getElementById("use-select"));
    select.setAttribute("aria-label", `Use ${name} as`);
    select.addEventListener("change", () => {
      this.map[name] = select.value;
      this.look();
    });
    const button = cloneTemplate(document.getElementById("column-settings-button"));
    button.setAttribute("aria-label", `Values of ${name}`);
    button.addEventListener("click", async () => {
      if (await this.settings.edit(name, select.value)) this.look();
    });
    const place = document.createElement("td");
    place.append(select, button);
    return place;
  }

  // What a column is used as, as far as it is known.
  useOf(name) {
    const place = [...this.at("columns").children].findIndex((head) => head.textContent === name);
    return this.map[name] ?? this.at("uses").children[place]?.firstElementChild.value;
  }

  showRows({ rows, columns, complete }) {
    const lines = [];
    const faults = rows.map(({ errors }) => errors.filter(({ column }) => !this.findings.asksOf(column)));
    for (const [place, { cells, values }] of rows.slice(0, SHOWN_ROWS).entries()) {
      const errors = faults[place];
      const line = document.createElement("tr");
      const asRead = (text, index) => {
        const value = values[columns[index]?.name];
        return cell("td", value === undefined ? text : `${text} → ${value || "blank"}`);
      };
      line.append(...cells.map(asRead));
      lines.push(line);
      if (!errors.length) continue;
      line.classList.add("wrong");
      const told = document.createElement("tr");
      const fault = cell("td", errors.map(({ message }) => message).join(" "));
      fault.className = "fault";
      fault.colSpan = Math.max(columns.length, 1);
      told.append(fault);
      lines.push(told);
    }
    this.at("rows").replaceChildren(...lines);
    const wrong = faults.filter((errors) => errors.length).length;
    const which = complete && rows.length <= SHOWN_ROWS ? "All rows" : "The first rows";
    if (!columns.length) return setText(this.at("hint"), "");
    return setText(this.at("hint"), wrong ? `${wrong} of the first ${rows.length} rows would be rejected` : which);
  }

  // --- what becomes of it

  // Stores how the file is read, as it was chosen last, if a name for that was typed.
  async remember() {
    if (this.findings.name) await this.looked;
    await this.findings.remember();
  }

  // The id of the upload, once all of it has arrived.
  async uploaded() {
    const path = this.upload ? await this.upload.done : this.path;
    return path.split("/").pop();
  }

  // The import has taken the file over, unless it was a preview.
  release() {
    forget(this.upload?.path ?? this.path);
    this.element.remove();
  }

  remove() {
    if (this.upload) this.upload.remove();
    else discard(this.path);
    this.element.remove();
    this.gone(this);
  }
}
