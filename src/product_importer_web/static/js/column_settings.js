// How the values of a file's columns are written, and how their cells are changed before that.

import { part, setText } from "./dom.js";

const dialog = document.getElementById("column-settings");
const form = dialog.querySelector("form");

part(dialog, "cancel").addEventListener("click", () => dialog.close("cancel"));

// A field on the left is needed as soon as the one on the right is filled.
const NEEDED = [
  ["old", "new"],
  ["separator", "into"],
  ["into", "separator"],
  ["joined", "between"],
];

const check = () => {
  const { elements } = form;
  for (const [needed, filled] of NEEDED) elements[needed].required = Boolean(elements[filled].value);
  const no = words(elements.no.value);
  const both = words(elements.yes.value).find((word) => no.includes(word));
  elements.no.setCustomValidity(both === undefined ? "" : `“${both}” is named for active, too. Name it once.`);
};

form.addEventListener("input", check);

const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

const parts = (text) =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);

const words = (text) => parts(text).map((word) => word.toLowerCase());

const listed = (text) => parts(text).map(quoted).join(", ");

// The steps of one column, as COLUMN=STEP.
const stepsOf = (column, { trim, old, separator, into, joined, between, constant, ...given }) => {
  const steps = [];
  if (old) steps.push(`replace: ${quoted(old)}, ${quoted(given.new)}`);
  if (trim) steps.push("trim");
  if (separator || into) steps.push(`split: ${quoted(separator)}, ${listed(into)}`);
  if (joined) steps.push(`join: ${quoted(between || " ")}, ${listed(joined)}`);
  if (constant) steps.push(`constant: ${quoted(constant)}`);
  return steps.map((step) => `${column}=${step}`);
};

const fits = (name, use) => {
  const uses = form.elements[name].closest("[data-uses]")?.dataset.uses.split(" ");
  return !uses || uses.includes(use);
};

// The rule of one column; empty if there is nothing special about it.
const ruleOf = (given, use) => {
  const parts = ["decimal", "currency"].filter((name) => given[name] && fits(name, use)).map((name) => given[name]);
  for (const name of ["yes", "no", "blank"]) if (given[name] && fits(name, use)) parts.push(`${name}: ${given[name]}`);
  return parts.join("; ");
};

export class ColumnSettings {
  // rule, transform: what was set before, as in a request. It stays, column by column, until something else is set.
  constructor({ rule = {}, transform = [] } = {}) {
    this.given = new Map();
    this.before = { rules: { ...rule }, steps: [...transform] };
  }

  clear() {
    this.given.clear();
    this.before = { rules: {}, steps: [] };
  }

  // Whether something is set for a column.
  has(column) {
    return this.given.has(column) || this.setBefore(column).length > 0;
  }

  setBefore(column) {
    const { rules, steps } = this.before;
    const begin = `${column}=`;
    const words = steps.filter((step) => step.startsWith(begin)).map((step) => step.slice(begin.length));
    return rules[column] ? [rules[column], ...words] : words;
  }

  // Column → rule. useOf(column) is what a column is used as.
  rules(useOf) {
    const found = [...this.given].map(([column, given]) => [column, ruleOf(given, useOf(column))]);
    return { ...this.before.rules, ...Object.fromEntries(found.filter(([, rule]) => rule)) };
  }

  steps() {
    return [...this.before.steps, ...[...this.given].flatMap(([column, given]) => stepsOf(column, given))];
  }

  // Lets somebody set how a column is read. The promise holds whether something was applied.
  edit(column, use) {
    const given = this.given.get(column) ?? {};
    const before = this.setBefore(column);
    setText(part(dialog, "column"), column);
    setText(part(dialog, "before"), before.length ? `So far: ${before.join(" · ")}. Apply replaces this.` : "");
    for (const element of form.querySelectorAll("[name]")) {
      if (element.type === "checkbox") element.checked = Boolean(given[element.name]);
      else element.value = given[element.name] ?? "";
    }
    for (const element of form.querySelectorAll("[data-uses]")) {
      element.hidden = !element.dataset.uses.split(" ").includes(use);
    }
    check();
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      const closed = () => {
        if (dialog.returnValue === "apply") this.take(column);
        resolve(dialog.returnValue === "apply");
      };
      dialog.addEventListener("close", closed, { once: true });
    });
  }

  take(column) {
    const given = {};
    for (const element of form.querySelectorAll("[name]")) {
      given[element.name] = element.type === "checkbox" ? element.checked : element.value;
    }
    const { rules, steps } = this.before;
    delete rules[column];
    this.before.steps = steps.filter((step) => !step.startsWith(`${column}=`));
    if (Object.values(given).some(Boolean)) this.given.set(column, given);
    else this.given.delete(column);
  }
}
