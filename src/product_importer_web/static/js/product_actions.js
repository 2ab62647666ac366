// What can be done with products, in the list and on their own pages.

import { getJson, send, sendJson } from "./api.js";
import { confirm } from "./dialogs.js";
import { toast } from "./toasts.js";

const PATH = "/api/v1/products";

export const UNDONE_LATER = "You can undo this afterwards.";

// What the session keeps of a product that was deleted on its own page, until the list has said so.
export const DELETED = "deleted-product";

const expecting = (element) => ({ headers: { "If-Match": element.dataset.etag } });

const address = (element) => `${PATH}/${element.dataset.product}`;

// Makes it active, or inactive, if nobody has changed it since it was shown.
export const setActive = async (element, active) => {
  const response = await sendJson("PATCH", address(element), { active }, expecting(element));
  element.dataset.etag = response.headers.get("ETag");
};

// Asks, and deletes it. Whether it has been.
export const remove = async (element) => {
  const sure = await confirm({
    title: `Delete ${element.dataset.sku}?`,
    text: UNDONE_LATER,
    yes: "Delete",
  });
  if (sure) await send("DELETE", address(element), expecting(element));
  return sure;
};

// Says what was deleted, and offers to undo it: the deletion is the last change of each of the products.
export const toastDeleted = (message, id) => {
  const act = async () => {
    const { entries } = await getJson(`${PATH}/${id}/history?limit=1`);
    const undo = await (await send("POST", `/api/v1/changes/${entries[0].number}/undo`)).json();
    location.assign(`/imports/${undo.id}`);
  };
  toast(message, { offer: { words: "Undo…", act } });
};
