// The kept file of an import, on the page where imports begin: with the options of that import, which can be changed.

import { sendJson } from "./api.js";
import { toastProblem } from "./toasts.js";
import { keptName } from "./typed_names.js";

// Shows the options that hold for all files. touched: the elements whose values are chosen, even the usual ones.
const choose = (options, touched) => {
  for (const element of document.querySelectorAll("#options [name]")) {
    const value = options[element.name];
    if (value === undefined) continue;
    element.value = Array.isArray(value) ? value.join(", ") : value;
    touched.add(element);
    document.getElementById("options").open = true;
  }
};

// Adds the card of the file that the page is about, made by newCard; null if there is none, or its file is gone.
export const bringAgain = async (touched, newCard) => {
  const about = document.getElementById("again");
  if (!about) return null;
  const address = `/api/v1/imports/${about.dataset.import}`;
  try {
    const { options, ...upload } = await (await sendJson("POST", `${address}/upload`, {})).json();
    choose(options, touched);
    const card = newCard(options);
    const path = `/api/v1/uploads/${upload.id}`;
    card.findings.name = keptName(about.dataset.import);
    card.restore(path, { ...upload, name: upload.filename });
    return {
      path,
      // The plan of that import is of no use any more, once another import of its file has begun.
      replaced: async (which) => {
        if (which !== card || about.dataset.plan === undefined) return;
        await sendJson("POST", `${address}/cancel`, {}).catch(toastProblem);
      },
    };
  } catch (problem) {
    toastProblem(problem);
    return null;
  }
};
