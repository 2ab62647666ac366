// The page of one import: shows how it goes, and how it ended.

import { setBar, setText } from "./dom.js";
import { duration, grouped } from "./formats.js";
import { follow } from "./following.js";
import { swap } from "./swap.js";
import { toastProblem } from "./toasts.js";
import { PHASES, STATUSES } from "./words.js";

const article = document.getElementById("import");
const byId = (id) => document.getElementById(id);
const { title } = document;
const ENDED = ["planned", "completed", "failed", "cancelled", "undone"];

const pace = (state) => {
  if (state.status !== "running") return "";
  if (state.phase === "reading" && state.bytes_total) {
    return `${Math.floor((100 * state.bytes_done) / state.bytes_total)} % of the file`;
  }
  const told = [];
  if (state.rows_per_second) told.push(`${grouped(state.rows_per_second)} rows/s`);
  if (state.eta_seconds !== null) told.push(`${duration(state.eta_seconds)} left`);
  return told.join(" · ");
};

const show = (state) => {
  const percent = state.status === "planned" ? 100 : state.percent; // of a preview, nothing is saved
  const [words, kind] = STATUSES[state.status];
  const badge = byId("status").firstElementChild;
  setText(badge, words);
  badge.className = `badge rounded-pill text-${kind}-emphasis bg-${kind}-subtle`;
  badge.dataset.status = state.status;
  setText(byId("phase"), ENDED.includes(state.status) ? "" : PHASES[state.phase]);
  setText(byId("pace"), pace(state));
  setText(byId("percent"), `${Math.floor(percent)} %`);
  setBar(article.querySelector('[role="progressbar"]'), percent);
  for (const count of article.querySelectorAll("[data-count]")) setText(count, grouped(state[count.dataset.count]));
  document.title = ENDED.includes(state.status) ? `${words}: ${title}` : `${Math.floor(percent)} % ${title}`;
};

const tell = async (state) => {
  show(state);
  if (!ENDED.includes(state.status)) return;
  try {
    await swap(location.href, ["actions", "outcome", "warnings", "rejects", "reading"]);
  } catch (problem) {
    toastProblem(problem);
  }
};

const lost = (isLost) => {
  setText(byId("connection"), isLost ? "The connection is lost; the import goes on. Trying again…" : "");
};

if (article.dataset.ended === "false") {
  follow(`/api/v1/imports/${article.dataset.import}/events`, {
    tell,
    lost,
    isEnd: (state) => ENDED.includes(state.status),
    isBusy: (state) => state.status === "running",
  });
}
