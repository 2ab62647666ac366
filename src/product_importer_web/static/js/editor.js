// The dialog in which a product is added or edited.

import { Problem, getJson, sendJson } from "./api.js";
import { cloneTemplate, part, setText } from "./dom.js";
import { FAULTS } from "./words.js";

const PATH = "/api/v1/products";

const dialog = document.getElementById("editor");
const form = dialog.querySelector("form");
const attributes = part(dialog, "attributes");
const at = (name) => part(dialog, name);
const inputs = [...form.querySelectorAll("[data-field]")]; // one for each field, but for the attributes
const TITLES = { ...Object.fromEntries(inputs.map((input) => [input.name, input.dataset.field])), attributes: "Attributes" };

let product = null; // as it is known to be; null while one is added
let etag = null;

export const etagOf = (given) => `"${given.id}-${given.version}"`;

// Of an attribute, which programs may have made something else than a text.
const told = (value) => (typeof value === "string" ? value : JSON.stringify(value));

const addAttribute = (key = "", value = "") => {
  const row = cloneTemplate(at("attribute"));
  part(row, "key").value = key;
  part(row, "value").value = value;
  part(row, "remove").addEventListener("click", () => {
    row.remove();
    at("add-attribute").focus();
  });
  attributes.append(row);
  return row;
};

const fill = (values) => {
  for (const input of inputs) {
    const value = values[input.name];
    if (input.type === "checkbox") input.checked = value ?? input.defaultChecked;
    else input.value = value ?? "";
  }
  attributes.replaceChildren();
  for (const [key, value] of Object.entries(values.attributes ?? {})) {
    addAttribute(key, told(value));
  }
};

const entered = () => {
  const values = { attributes: {} };
  for (const input of inputs) {
    if (input.type === "checkbox") values[input.name] = input.checked;
    else values[input.name] = input.value || (input.required ? "" : null);
  }
  for (const row of attributes.children) {
    const key = part(row, "key").value.trim();
    const value = part(row, "value").value;
    if (key || value) values.attributes[key] = value;
  }
  return values;
};

const asText = (name, value) => {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (name !== "attributes") return String(value);
  return Object.entries(value).map(([key, each]) => `${key}: ${told(each)}`).sort().join("\n");
};

const differing = (before, after) => Object.keys(TITLES).filter((name) => asText(name, before[name]) !== asText(name, after[name]));

const clearFaults = () => {
  at("problem").hidden = true;
  for (const place of dialog.querySelectorAll(".fault")) setText(place, "");
  for (const input of dialog.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.classList.remove("is-invalid");
  }
};

const showFaults = (problem) => {
  const places = [];
  const faults = problem.members.errors ?? [];
  if (problem.code === "sku_taken") faults.push({ field: "sku", message: problem.message });
  for (const { field, code, message } of faults) {
    const place = document.getElementById(`fault-${field}`);
    if (!place) continue;
    setText(place, [place.textContent, FAULTS[code] ?? message].filter(Boolean).join(" "));
    const input = form.elements[field];
    if (input) {
      input.setAttribute("aria-invalid", "true");
      input.classList.add("is-invalid");
    }
    places.push(input ?? attributes.querySelector("input"));
  }
  if (places.length) places[0]?.focus();
  else {
    setText(at("problem"), problem.message);
    at("problem").hidden = false;
  }
};

const showConflict = (theirs) => {
  const mine = entered();
  at("differences").replaceChildren(
    ...differing(theirs, mine).map((name) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = TITLES[name];
      row.append(head);
      for (const values of [theirs, mine]) {
        const cell = document.createElement("td");
        cell.className = "long";
        cell.textContent = asText(name, values[name]) || "–";
        row.append(cell);
      }
      return row;
    }),
  );
  product = theirs;
  at("conflict").hidden = false;
  at("take-theirs").focus();
  dialog.scrollTop = 0;
};

// Of two attributes of one name, one would be lost unseen.
const checkAttributes = () => {
  const keys = [...attributes.children].map((row) => part(row, "key").value.trim());
  const twice = keys.find((key, index) => key && keys.indexOf(key) < index);
  if (twice === undefined) return;
  const message = `Two attributes are called ${twice}. Give each a name of its own.`;
  throw new Problem(422, message, { errors: [{ field: "attributes", code: "given_twice", message }] });
};

const stored = async () => {
  checkAttributes();
  const values = entered();
  if (!product) return (await sendJson("POST", PATH, values)).json();
  const changed = Object.fromEntries(differing(product, values).map((name) => [name, values[name]]));
  return (await sendJson("PATCH", `${PATH}/${product.id}`, changed, { headers: { "If-Match": etag } })).json();
};

const save = async () => {
  clearFaults();
  at("save").disabled = true;
  try {
    dialog.close(JSON.stringify(await stored()));
  } catch (problem) {
    if (problem.status === 412) showConflict(problem.members.product);
    else showFaults(problem);
  } finally {
    at("save").disabled = false;
  }
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
at("add-attribute").addEventListener("click", () => part(addAttribute(), "key").focus());
at("take-theirs").addEventListener("click", () => {
  fill(product);
  etag = etagOf(product);
  at("conflict").hidden = true;
  form.elements.sku.focus();
});
at("keep-mine").addEventListener("click", () => {
  etag = etagOf(product);
  at("conflict").hidden = true;
  save();
});
for (const name of ["close", "cancel"]) at(name).addEventListener("click", () => dialog.close(""));

// Opens it for the product of this id, as it is now, or for a new one. Gives the saved product, or null.
export const edit = async (id = null) => {
  product = id === null ? null : await getJson(`${PATH}/${id}`);
  etag = product && etagOf(product);
  clearFaults();
  at("conflict").hidden = true;
  at("title").textContent = product ? "Edit product" : "Add product";
  fill(product ?? {});
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue ? JSON.parse(dialog.returnValue) : null), { once: true });
    dialog.showModal();
    form.elements.sku.focus();
  });
};
