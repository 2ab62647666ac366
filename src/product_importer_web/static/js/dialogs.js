// Asks before something is done that changes much.

import { part } from "./dom.js";

// Whether the answer is yes.
export const confirm = ({ title, text, yes }) =>
  new Promise((resolve) => {
    const dialog = document.getElementById("confirm");
    part(dialog, "title").textContent = title;
    part(dialog, "text").textContent = text;
    part(dialog, "yes").textContent = yes;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
