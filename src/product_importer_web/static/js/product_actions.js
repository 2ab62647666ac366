// What can be done with one product, in the list and on its own page.

import { send, sendJson } from "./api.js";
import { confirm } from "./dialogs.js";

const PATH = "/api/v1/products";

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
    text: "This can't be undone.",
    yes: "Delete",
  });
  if (sure) await send("DELETE", address(element), expecting(element));
  return sure;
};
