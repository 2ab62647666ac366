// What the server tells about a file on its card, and what is chosen there: how the file is read, a profile, answers.

import { Problem, sendJson } from "./api.js";
import { setText } from "./dom.js";

const PROFILES = "/api/v1/profiles";

// Answers to these questions change what the columns are.
const OF_READING = ["set", "encoding", "delimiter"];

// Options of a file that aren't the parser's own.
const CHOSEN = ["profile", "encoding", "delimiter"];

// Two objects of options in one; columns, rules and options of a parser are put together one by one.
export const merged = (below, above) => {
  const all = { ...below };
  for (const [name, value] of Object.entries(above)) {
    all[name] = typeof value === "object" && typeof all[name] === "object" ? { ...all[name], ...value } : value;
  }
  return all;
};

// Options as parameters of an address, or as fields of a form: an address has no room for those of many columns.
export const asQuery = (options) => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== "object") query.set(name, value);
    else if (Array.isArray(value)) for (const each of value) query.append(name, each);
    else for (const [key, each] of Object.entries(value)) query.append(name, `${key}=${each}`);
  }
  return query;
};

let cards = 0;

export class Findings {
  // changed({ columns }): something was chosen; other columns may come of it. given: what is chosen already.
  constructor(element, changed, given = {}) {
    this.element = element;
    this.changed = changed;
    this.card = cards += 1;
    this.chosen = Object.fromEntries(CHOSEN.filter((name) => name in given).map((name) => [name, given[name]]));
    this.ofParser = { ...given.set };
    this.answered = [];
    this.declined = false;
    this.name = ""; // under which this is to be remembered
    this.saved = ""; // under which it was
    element.addEventListener("change", (event) => this.choose(event.target));
    element.addEventListener("click", (event) => this.press(event.target.closest("button")));
    element.addEventListener("input", ({ target }) => {
      if (target.dataset.part !== "remember") return;
      this.name = target.value.trim();
      this.showFault("");
    });
  }

  // What was chosen, but for the answers to questions.
  options() {
    const given = { ...this.chosen };
    if (Object.keys(this.ofParser).length) given.set = this.ofParser;
    return given;
  }

  // The options that answer questions, without those that were chosen otherwise since.
  answers(chosen) {
    let given = {};
    for (const { option, key, value } of this.answered) {
      if (key === undefined ? option in chosen : key in (chosen[option] ?? {})) continue;
      given = merged(given, { [option]: key === undefined ? value : { [key]: value } });
    }
    return given;
  }

  // The parameters of the address with which the server makes this part of the page anew, beside the options in the
  // form. chosen: these options, without the answers.
  parameters(chosen) {
    const given = { card: this.card, declined: this.declined };
    if (this.answered.length) given.answers = JSON.stringify(this.answers(chosen));
    return given;
  }

  get questions() {
    return [...this.element.querySelectorAll(".question")].filter((each) => !each.querySelector(":checked"));
  }

  // The number of questions that are left open.
  get open() {
    return this.questions.length;
  }

  // Whether what is wrong with cells of this column is asked about.
  asksOf(column) {
    return this.questions.some((each) => each.dataset.column === column);
  }

  get asks() {
    return this.element.querySelector(".question") !== null;
  }

  // The focus stays where it was, if that is still there, and a name that was typed isn't lost.
  show(html) {
    const key = this.element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.element.innerHTML = html;
    const remember = this.element.querySelector('[data-part="remember"]');
    if (remember) remember.value = this.name;
    if (key) this.element.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  // --- what is chosen

  choose(control) {
    if (control.type === "radio") this.answer(control);
    else if (control.dataset.choice) this.set(control);
  }

  set({ dataset, value }) {
    const place = dataset.ofParser === undefined ? this.chosen : this.ofParser;
    if (value) place[dataset.choice] = value;
    else delete place[dataset.choice];
    this.answered = [];
    this.changed({ columns: true });
  }

  answer(radio) {
    const { option, keyOf: key } = radio.closest(".question").dataset;
    const reads = OF_READING.includes(option);
    const same = (each) => each.option === option && each.key === key;
    this.answered = this.answered.filter((each) => !same(each) && (!reads || OF_READING.includes(each.option)));
    this.answered.push({ option, key, value: radio.value });
    this.changed({ columns: reads });
  }

  press(button) {
    if (!button) return;
    if (button.dataset.useProfile) {
      this.chosen.profile = button.dataset.useProfile;
      this.answered = [];
      this.changed({ columns: true });
    } else if (button.dataset.decline !== undefined) {
      this.declined = true;
      this.changed({ columns: false });
    }
  }

  // --- what is remembered

  // Stores how the file is read under the name that was typed, if one was. A fault of the name is told beside it.
  async remember() {
    const place = this.element.querySelector('[data-part="remembered"]');
    if (!place || !this.name || this.name === this.saved) return;
    const { profile, header } = place.dataset;
    try {
      await sendJson(
        "PUT",
        `${PROFILES}/${encodeURIComponent(this.name)}`,
        { profile: JSON.parse(profile), header: JSON.parse(header) },
        { headers: { "If-None-Match": "*" } },
      );
      this.saved = this.name;
    } catch (problem) {
      this.showFault(problem.message);
      this.element.querySelector('[data-part="remember"]').focus();
      throw new Problem(problem.status, "It isn't imported yet: it can't be remembered under this name.");
    }
  }

  showFault(message) {
    const fault = this.element.querySelector('[data-part="remember-fault"]');
    if (!fault) return;
    setText(fault, message);
    this.element.querySelector('[data-part="remember"]').toggleAttribute("aria-invalid", Boolean(message));
  }
}
