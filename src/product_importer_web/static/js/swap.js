// Puts parts of a page as it is now in place of what is shown: the server makes all HTML, in one place.

import { Problem, send } from "./api.js";
import { refresh } from "./page.js";

// What is focused keeps the focus if there is an element of the same data-key afterwards.
const replace = (place, fresh) => {
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  place.replaceWith(fresh);
  refresh(fresh);
  if (!focused) return;
  const key = focused.dataset.key;
  (fresh.querySelector(`[data-key="${key}"]`) ?? fresh).focus({ preventScroll: true });
};

// Fetches the page and replaces the elements of these ids. Returns the address that the page has in the end.
export const swap = async (address, ids, { signal } = {}) => {
  const response = await send("GET", address, { headers: { Accept: "text/html" }, signal });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ids) {
    const fresh = page.getElementById(id);
    if (!fresh) throw new Problem(0, "The server's answer can't be shown. Load the page anew.");
    replace(document.getElementById(id), document.adoptNode(fresh));
  }
  return response.url;
};
