// Deleting all products: confirmed twice, done by a worker, watched until its end.

import { getJson, sendJson } from "./api.js";
import { confirm } from "./dialogs.js";
import { part, setBar, setText } from "./dom.js";
import { grouped, plural } from "./formats.js";
import { UNDONE_LATER } from "./product_actions.js";
import { toast } from "./toasts.js";

const LOOK_MILLISECONDS = 400;
const LONGEST_PAUSE = 10_000;
const SEPARATORS = /[,.'\s]/g;

const dialog = document.getElementById("type-number");
const typed = document.getElementById("typed");
const problem = document.getElementById("typed-problem");
const at = (name) => part(dialog, name);

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

// Shows how far the deletion is, until it has ended.
export const watch = async (id) => {
  const banner = document.getElementById("deletion");
  banner.hidden = false;
  let wait = LOOK_MILLISECONDS;
  for (;;) {
    try {
      const state = await getJson(`/api/v1/deletions/${id}`);
      wait = LOOK_MILLISECONDS;
      setText(part(banner, "numbers"), `${grouped(state.deleted)} of ${grouped(state.total)}`);
      setBar(banner.querySelector('[role="progressbar"]'), state.percent);
      if (state.status === "completed" || state.status === "failed") {
        banner.hidden = true;
        if (state.status === "failed") toast(state.message, { failed: true });
        else toast(state.message || `${plural(state.deleted, "product")} deleted.`);
        return;
      }
    } catch {
      setText(part(banner, "numbers"), "The connection is lost; it goes on nevertheless. Trying again…");
      wait = Math.min(2 * wait, LONGEST_PAUSE);
    }
    await pause(wait);
  }
};

let number = 0;

const ask = (products) => {
  number = products;
  setText(at("number"), grouped(products));
  typed.value = "";
  at("yes").disabled = true;
};

typed.addEventListener("input", () => {
  at("yes").disabled = typed.value.replace(SEPARATORS, "") !== String(number);
});
at("cancel").addEventListener("click", () => dialog.close(""));
dialog.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("yes").disabled = true;
  try {
    const deletion = await (await sendJson("POST", "/api/v1/products/delete-all", { confirm: String(number) })).json();
    dialog.close(String(deletion.id));
  } catch (refusal) {
    setText(problem, refusal.message);
    if (refusal.code === "not_confirmed") ask(refusal.members.products);
    typed.focus();
  }
});

const typeNumber = (products) =>
  new Promise((resolve) => {
    ask(products);
    setText(problem, "");
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
    typed.focus();
  });

// Asks twice, and has all products deleted. Whether they have been.
export const deleteAll = async () => {
  const { total } = await getJson("/api/v1/products?page_size=1");
  const sure = await confirm({
    title: `Delete all ${plural(total, "product")}?`,
    text: `${UNDONE_LATER} Export them first if you need them in a file.`,
    yes: "Continue",
  });
  const id = sure && (await typeNumber(total));
  if (!id) return false;
  const watching = watch(id);
  document.getElementById("deletion").scrollIntoView({ block: "center" });
  await watching;
  return true;
};
