// Small helpers for elements. A part of a fragment is marked with data-part="name".

export const part = (within, name) => within.querySelector(`[data-part="${name}"]`);

export const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

export const cloneTemplate = (template) => template.content.firstElementChild.cloneNode(true);

export const setBar = (bar, percent) => {
  bar.setAttribute("aria-valuenow", String(Math.floor(percent)));
  bar.firstElementChild.style.width = `${percent}%`;
};

// The bar's ground shows what was read of a file; `words` say so, where there is more to say than the percentage.
export const setRead = (bar, percent, words = "") => {
  bar.dataset.read = String(percent);
  bar.style.setProperty("--read", `${percent}%`);
  if (words) bar.setAttribute("aria-valuetext", words);
  else bar.removeAttribute("aria-valuetext");
};

// Calls the handler of the nearest element with data-action around what was clicked or changed.
export const onAction = (root, type, handlers) => {
  root.addEventListener(type, (event) => {
    const element = event.target.closest("[data-action]");
    const handler = element && handlers[element.dataset.action];
    if (handler) handler(element, event);
  });
};

export const debounce = (milliseconds, call) => {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, milliseconds);
  };
};
