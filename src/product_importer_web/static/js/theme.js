// Light or dark, as the system says. It runs before anything is painted, and is no module for that reason.

const dark = matchMedia("(prefers-color-scheme: dark)");

const follow = () => {
  document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
};

follow();
dark.addEventListener("change", follow);
document.documentElement.classList.add("scripted");
