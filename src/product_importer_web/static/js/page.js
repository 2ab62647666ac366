// On every page: times that are told relatively grow older, and are exact, in the reader's own time zone, on hover.

import { ago, exact } from "./formats.js";
import { setBar, setRead, setText } from "./dom.js";

const MINUTE = 60_000;

export const refreshTimes = (root = document) => {
  for (const element of root.querySelectorAll("time[data-ago]")) {
    const moment = new Date(element.dateTime);
    setText(element, ago(moment));
    element.title = exact(moment);
  }
};

export const refreshBars = (root = document) => {
  for (const bar of root.querySelectorAll('[role="progressbar"]')) {
    setBar(bar, Number(bar.getAttribute("aria-valuenow")));
    if (bar.dataset.read) setRead(bar, Number(bar.dataset.read), bar.getAttribute("aria-valuetext") ?? "");
  }
};

export const refresh = (root) => {
  refreshTimes(root);
  refreshBars(root);
};

refresh();
setInterval(refreshTimes, MINUTE);
