// A file that is to be imported: its upload, its first rows, and how its columns are used.

import { getJson, send } from "./api.js";
import { cloneTemplate, part, setBar, setText } from "./dom.js";
import { size } from "./formats.js";
import { Upload, discard, forget } from "./upload.js";

const HEAD = 256 * 1024;
const SHOWN_ROWS = 6;

const cell = (kind, text) => {
  const element = document.createElement(kind);
  element.textContent = text;
  if (text) element.title = text;
  return element;
};

// What is wrong with the file as a whole, and in short why it can't be imported; null where it can. The hint at an
// option of the API is no help here.
const refusalOf = ({ problem, columns }) => {
  if (!problem) return null;
  if (problem.code === "questions_open") return { message: `${problem.message} The import will ask.`, reason: "" };
  if (problem.code !== "missing_column" || !problem.message.includes("map: ")) {
    return { message: problem.message, reason: "see above what is wrong with it" };
  }
  const missing = ["sku", "name"].filter((field) => !columns.some(({ use }) => use === field));
  const words = missing.map((field) => (field === "sku" ? "SKU" : "name")).join(" or as ");
  return { message: `No column is used as ${words}. Choose below which one it is.`, reason: `no column is used as ${words}` };
};

export class FileCard {
  // shared(): the options that hold for all files. gone(card) is called once it has been removed, judged() once it
  // is known, or isn't known any more, whether the file would be refused.
  constructor({ shared, gone, judged, choose }) {
    this.shared = shared;
    this.gone = gone;
    this.judged = judged;
    this.element = cloneTemplate(document.getElementById("file-card"));
    this.map = {};
    this.refusal = ""; // why the file would be refused, as far as is known
    this.upload = null;
    this.path = null; // of an upload that was complete before the page was opened
    this.looking = null;
    this.at("remove").addEventListener("click", () => this.remove());
    this.at("choose").addEventListener("click", choose);
    for (const name of ["encoding", "delimiter"]) {
      this.at(name).addEventListener("change", () => {
        this.map = {}; // other columns may come of it
        this.look();
      });
    }
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

  options() {
    const given = { ...this.shared() };
    for (const name of ["encoding", "delimiter"]) if (this.at(name).value) given[name] = this.at(name).value;
    if (Object.keys(this.map).length) given.map = this.map;
    return given;
  }

  query() {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(this.options())) {
      if (name !== "map") query.set(name, value);
    }
    for (const [column, use] of Object.entries(this.map)) query.append("map", `${column}=${use}`);
    return query;
  }

  async look() {
    this.looking?.abort();
    const mine = new AbortController();
    this.looking = mine;
    this.at("preview").hidden = false; // its place is kept, so that nothing jumps
    this.at("preview").classList.add("busy");
    try {
      const preview = await this.preview(mine.signal);
      this.show(preview);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      this.showProblem(problem.message);
      this.judge("");
      this.at("preview").hidden = !this.at("columns").children.length;
    } finally {
      if (this.looking === mine) this.at("preview").classList.remove("busy");
    }
  }

  async preview(signal) {
    const query = this.query();
    if (!this.file) return getJson(`${this.path}/preview?${query}`, { signal });
    if (this.file.size <= HEAD) query.set("complete", "true");
    const body = this.file.slice(0, HEAD);
    const headers = { "Content-Type": "application/octet-stream" };
    query.set("filename", this.file.name);
    const preview = await (await send("POST", `/api/v1/previews?${query}`, { body, headers, signal })).json();
    if (preview.problem?.code !== "whole_file_needed") return preview;
    const path = await this.upload.done;
    return getJson(`${path}/preview?${this.query()}`, { signal });
  }

  show(preview) {
    const refusal = refusalOf(preview);
    this.showProblem(refusal?.message ?? "");
    this.judge(refusal?.reason ?? "");
    this.showDetected("encoding", preview.encoding);
    this.showDetected("delimiter", preview.delimiter);
    this.showColumns(preview.columns);
    this.showRows(preview);
    this.at("preview").hidden = preview.columns.length === 0 && !this.chosen();
  }

  // Whether somebody has chosen how the file is read: that must stay in sight, to be chosen otherwise.
  chosen() {
    return Boolean(this.at("encoding").value || this.at("delimiter").value);
  }

  showDetected(name, value) {
    const select = this.at(name);
    if (select.value || !value) return;
    const known = [...select.options].find((option) => option.value === value);
    setText(select.options[0], `Detected: ${(known?.textContent ?? value).toLowerCase()}`);
  }

  showColumns(columns) {
    const names = columns.map(({ name }) => name);
    const shown = [...this.at("columns").children].map((head) => head.textContent);
    if (names.join("\n") !== shown.join("\n") || !names.length) {
      this.at("columns").replaceChildren(...names.map((name) => Object.assign(cell("th", name), { scope: "col" })));
      this.at("uses").replaceChildren(...names.map((name) => this.useSelect(name)));
    }
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
    const place = document.createElement("td");
    place.append(select);
    return place;
  }

  showRows({ rows, columns, complete }) {
    const lines = [];
    for (const { cells, errors, values } of rows.slice(0, SHOWN_ROWS)) {
      const line = document.createElement("tr");
      const asRead = (text, place) => {
        const value = values[columns[place]?.name];
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
    const wrong = rows.filter(({ errors }) => errors.length).length;
    const which = complete && rows.length <= SHOWN_ROWS ? "All rows" : "The first rows";
    setText(this.at("hint"), wrong ? `${wrong} of the first ${rows.length} rows would be rejected` : which);
  }

  // --- what becomes of it

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
