// The page of one product.

import { onAction } from "./dom.js";
import { edit } from "./editor.js";
import { DELETED, remove } from "./product_actions.js";
import { swap } from "./swap.js";
import { toast, toastProblem } from "./toasts.js";

const shown = () => document.getElementById("product");

const reload = () => swap(location.href, ["product"]);

const handlers = {
  edit: async () => {
    if (await edit(shown().dataset.product)) {
      await reload();
      toast("Saved.");
    }
  },
  delete: async () => {
    const { product: id, sku } = shown().dataset;
    if (!(await remove(shown()))) return;
    sessionStorage.setItem(DELETED, JSON.stringify({ id, sku }));
    location.assign("/products");
  },
};

onAction(document, "click", Object.fromEntries(
  Object.entries(handlers).map(([name, handler]) => [name, () => handler().catch(async (problem) => {
    toastProblem(problem);
    if (problem.status === 412) await reload();
  })]),
));
