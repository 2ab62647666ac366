// Short messages in the corner, which screen readers announce. Failures stay until they are closed, and so does what
// offers to do something: { words, act }.

import { cloneTemplate, part } from "./dom.js";

const SECONDS = 6;

export const toast = (message, { failed = false, offer = null } = {}) => {
  const element = cloneTemplate(document.getElementById("toast"));
  element.classList.add(failed ? "text-bg-danger" : "text-bg-success");
  if (failed) element.setAttribute("role", "alert");
  part(element, "message").textContent = message;
  part(element, "close").addEventListener("click", () => element.remove());
  if (offer) {
    const button = part(element, "offer");
    button.hidden = false;
    button.textContent = offer.words;
    button.addEventListener("click", () => offer.act().catch(toastProblem));
  }
  document.getElementById("toasts").append(element);
  if (!failed && !offer) setTimeout(() => element.remove(), SECONDS * 1000);
};

export const toastProblem = (problem) => toast(problem.message, { failed: true });
