// The page that asks how much of an import is undone: who chooses something means only that.

document.getElementById("undo")?.addEventListener("input", (event) => {
  const within = event.target.closest("[data-chooses]");
  if (within) document.getElementById(within.dataset.chooses).checked = true;
});
