// The page of one import: shows how it goes, and how it ended.

import { setBar, setRead, setText } from "./dom.js";
import { duration, grouped, size } from "./formats.js";
import { follow } from "./following.js";
import { swap } from "./swap.js";
import { toastProblem } from "./toasts.js";
import { keptName } from "./typed_names.js";
import { PHASES, STATUSES } from "./words.js";

const article = document.getElementById("import");
const byId = (id) => document.getElementById(id);
const { title } = document;
const ENDED = ["planned", "completed", "failed", "cancelled", "undone"];

const percentRead = (state) => {
  if (state.status !== "running" || !state.bytes_total) return 0;
  return Math.min(100, Math.floor((100 * state.bytes_done) / state.bytes_total));
};

const isRead = (state) => state.status === "running" && state.phase === "reading";

// A file that no worker may read is waited for.
const phase = (state) => {
  if (ENDED.includes(state.status) || state.status === "waiting") return "";
  const waits = state.status === "queued" || state.interrupted;
  if (waits && byId("phase").dataset.elsewhere) return byId("phase").dataset.elsewhere;
  return state.interrupted ? PHASES.interrupted : PHASES[state.phase];
};

const pace = (state) => {
  if (state.status !== "running") return "";
  const told = [];
  if (state.phase === "fetching") told.push(`${size(state.bytes_done)} fetched`);
  if (isRead(state)) told.push(`${percentRead(state)} % read`);
  if (state.rows_per_second) told.push(`${grouped(Math.round(state.rows_per_second))} rows/s`);
  if (state.eta_seconds !== null) told.push(`${duration(state.eta_seconds)} left`);
  return told.join(" · ");
};

// The percentage counts what is saved; while the file is read, the rest tells how far that is.
const showBar = (state, percent) => {
  const bar = article.querySelector('[role="progressbar"]');
  const read = percentRead(state);
  setBar(bar, percent);
  setRead(bar, read, isRead(state) ? `${Math.floor(percent)} % saved, ${read} % of the file read` : "");
};

const titleOf = (state, percent, words) => {
  if (ENDED.includes(state.status)) return `${words}: ${title}`;
  return isRead(state) ? `Reading: ${percentRead(state)} % ${title}` : `${Math.floor(percent)} % ${title}`;
};

const show = (state) => {
  const percent = state.status === "planned" ? 100 : state.percent; // of a preview, nothing is saved
  const [words, kind] = STATUSES[state.status];
  const badge = byId("status").firstElementChild;
  setText(badge, words);
  badge.className = `badge rounded-pill text-${kind}-emphasis bg-${kind}-subtle`;
  badge.dataset.status = state.status;
  setText(byId("phase"), phase(state));
  setText(byId("pace"), pace(state));
  setText(byId("percent"), `${Math.floor(percent)} %`);
  showBar(state, percent);
  for (const count of article.querySelectorAll("[data-count]")) setText(count, grouped(state[count.dataset.count]));
  document.title = titleOf(state, percent, words);
};

// The name that was typed before the preview, unless the server has shown another one.
const fillName = () => {
  const field = article.querySelector('#outcome [data-part="remember"]');
  if (field && !field.value) field.value = keptName(article.dataset.import);
};

const tell = async (state) => {
  show(state);
  const asks = state.status === "waiting" && !byId("questions").firstElementChild;
  if (!ENDED.includes(state.status) && !asks) return;
  try {
    if (asks) await swap(location.href, ["questions"]);
    else await swap(location.href, ["counts", "actions", "outcome", "kept", "plan", "compared", "warnings", "rejects", "reading"]);
    fillName();
  } catch (problem) {
    toastProblem(problem);
  }
};

const lost = (isLost) => {
  setText(byId("connection"), isLost ? "The connection is lost; the import goes on. Trying again…" : "");
};

fillName();

if (article.dataset.ended === "false") {
  follow(`/api/v1/imports/${article.dataset.import}/events`, {
    tell,
    lost,
    isEnd: (state) => ENDED.includes(state.status),
    isBusy: (state) => state.status === "running",
  });
}
