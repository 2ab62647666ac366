// The list of products. What it shows is in the page's address, and comes from the server as HTML.

import { sendJson } from "./api.js";
import { deleteAll, watch } from "./deletion.js";
import { confirm } from "./dialogs.js";
import { debounce, onAction, part, setText } from "./dom.js";
import { edit } from "./editor.js";
import { askForFormat } from "./export.js";
import { plural } from "./formats.js";
import { DELETED, UNDONE_LATER, remove, setActive, toastDeleted } from "./product_actions.js";
import { swap } from "./swap.js";
import { toast, toastProblem } from "./toasts.js";

const TYPING_MILLISECONDS = 250;
const REGIONS = ["results", "export", "deleted"];

const filters = document.getElementById("filters");
const failure = document.getElementById("list-failure");
const results = () => document.getElementById("results");
const ticked = () => [...results().querySelectorAll('[data-action="select"]:checked')].map((box) => box.closest("tr"));
const rowOf = (element) => element.closest("tr");

// --- showing another part of the list

let loading = null;

const load = async (address) => {
  loading?.abort();
  const mine = new AbortController();
  loading = mine;
  results().classList.add("busy");
  results().setAttribute("aria-busy", "true");
  try {
    const reached = await swap(address, REGIONS, { signal: mine.signal });
    failure.hidden = true;
    setText(document.getElementById("announcement"), part(results(), "summary").textContent.replace(/\s+/g, " ").trim());
    if (reached !== location.href) history.replaceState(null, "", reached);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    setText(part(failure, "message"), problem.message);
    failure.hidden = false;
  } finally {
    if (loading === mine) {
      results().classList.remove("busy");
      results().removeAttribute("aria-busy");
    }
  }
};

const reload = () => load(location.href);

const filtered = () => {
  const address = new URL(location.href);
  for (const { name, value } of filters.elements) {
    if (!name || name === "sort" || name === "page_size") continue;
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  address.searchParams.delete("page");
  return address.href;
};

const go = (address) => {
  if (address === location.href) return;
  history.pushState(null, "", address);
  load(address);
};

// What is typed in one go is one step back.
let typedIn = null;

const type = (input) => {
  const address = filtered();
  if (address === location.href) return;
  history[typedIn === input ? "replaceState" : "pushState"](null, "", address);
  typedIn = input;
  load(address);
};

const typeSoon = debounce(TYPING_MILLISECONDS, () => type(document.activeElement));

filters.addEventListener("input", (event) => (event.target.matches("select") ? undefined : typeSoon()));
filters.addEventListener("change", (event) => (event.target.id === "active" ? go(filtered()) : undefined));
filters.addEventListener("focusout", () => { typedIn = null; });
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  type(document.activeElement);
});

addEventListener("popstate", () => {
  const given = new URLSearchParams(location.search);
  for (const input of filters.elements) {
    if (input.name && input.name !== "page_size") input.value = given.get(input.name) ?? "";
  }
  typedIn = null;
  reload();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("#export")) {
    event.preventDefault();
    askForFormat();
    return;
  }
  const link = event.target.closest("a[data-go]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.href);
  const given = new URLSearchParams(location.search);
  for (const input of filters.elements) if (input.type === "search" || input.id === "active") input.value = given.get(input.name) ?? "";
});

// --- what can be done with products

const showSelection = () => {
  const rows = ticked();
  const boxes = results().querySelectorAll('[data-action="select"]');
  const all = results().querySelector('[data-action="select-all"]');
  all.checked = rows.length > 0 && rows.length === boxes.length;
  all.indeterminate = rows.length > 0 && rows.length < boxes.length;
  part(results(), "selected").hidden = rows.length === 0;
  setText(part(results(), "count"), rows.length ? `${rows.length} selected` : "");
  for (const box of boxes) rowOf(box).classList.toggle("table-active", box.checked);
};

const tickAll = (checked) => {
  for (const box of results().querySelectorAll('[data-action="select"]')) box.checked = checked;
  showSelection();
};

const ids = () => ticked().map((row) => Number(row.dataset.product));

const setActiveSelected = async (active) => {
  const { changed } = await (await sendJson("POST", "/api/v1/products/activate", { ids: ids(), active })).json();
  await reload();
  toast(`${plural(changed, "product")} ${active ? "activated" : "deactivated"}.`);
};

const clicks = {
  add: async () => {
    const saved = await edit();
    if (!saved) return;
    await reload();
    toast(`${saved.sku} was added.`);
  },
  edit: async (button) => {
    const saved = await edit(rowOf(button).dataset.product);
    if (!saved) return;
    await reload();
    toast(`${saved.sku} was saved.`);
  },
  delete: async (button) => {
    const row = rowOf(button);
    if (!(await remove(row))) return;
    await reload();
    toastDeleted(`${row.dataset.sku} was deleted.`, row.dataset.product);
  },
  activate: () => setActiveSelected(true),
  deactivate: () => setActiveSelected(false),
  "delete-selected": async () => {
    const chosen = ids();
    const what = plural(chosen.length, "product");
    if (!(await confirm({ title: `Delete ${what}?`, text: UNDONE_LATER, yes: "Delete" }))) return;
    const { deleted } = await (await sendJson("POST", "/api/v1/products/delete", { ids: chosen })).json();
    await reload();
    const message = `${plural(deleted, "product")} deleted.`;
    if (deleted === chosen.length) toastDeleted(message, chosen[0]);
    else toast(message);
  },
  "delete-all": async () => {
    if (await deleteAll()) await reload();
  },
  clear: async () => tickAll(false),
  retry: reload,
};

const changes = {
  select: async () => showSelection(),
  "select-all": async (box) => tickAll(box.checked),
  toggle: async (box) => {
    const { checked } = box;
    try {
      await setActive(rowOf(box), checked);
    } catch (problem) {
      box.checked = !checked;
      throw problem;
    }
  },
  "page-size": async (select) => {
    const address = new URL(location.href);
    address.searchParams.delete("page");
    address.searchParams.delete("page_size");
    if (select.value !== select.dataset.usual) address.searchParams.set("page_size", select.value);
    go(address.href);
  },
};

const guarded = (handlers) =>
  Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      (element) =>
        handler(element).catch(async (problem) => {
          toastProblem(problem);
          if (problem.status === 412 || problem.status === 404) await reload();
        }),
    ]),
  );

onAction(document, "click", guarded(clicks));
onAction(document, "change", guarded(changes));

// A product that was deleted on its own page.
const gone = sessionStorage.getItem(DELETED);
if (gone) {
  const { id, sku } = JSON.parse(gone);
  sessionStorage.removeItem(DELETED);
  toastDeleted(`${sku} was deleted.`, id);
}

const { deletion } = document.getElementById("deletion").dataset;
if (deletion) watch(deletion).then(reload);
