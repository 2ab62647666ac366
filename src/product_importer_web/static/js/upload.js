// Uploads a file in pieces, by the protocol tus, and goes on after any break: here, or after a reload of the page.

import { Problem, UNREACHABLE, getJson, send } from "./api.js";

const PATH = "/api/v1/uploads";
const TUS = { "Tus-Resumable": "1.0.0" };
const PIECE = 8 * 1024 * 1024;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const STORED = "product-importer uploads";

// --- what this browser remembers: address, name and size of each upload, by what tells its file from others

const fingerprint = (file) => `${file.name}|${file.size}|${file.lastModified}`;

export const remembered = () => {
  try {
    return JSON.parse(localStorage.getItem(STORED)) ?? {};
  } catch {
    return {};
  }
};

const remember = (change) => {
  const known = remembered();
  change(known);
  try {
    localStorage.setItem(STORED, JSON.stringify(known));
  } catch {
    // Without storage, an upload only can't be gone on with after a reload.
  }
};

export const forget = (path) => remember((known) => {
  for (const [key, each] of Object.entries(known)) if (each.path === path) delete known[key];
});

// --- one upload

const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

// After pauses that grow, or as soon as the browser is online again.
const pause = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    addEventListener("online", resolve, { once: true });
  });

const isPassing = ({ status }) => status === 0 || status === 408 || status === 409 || status === 423 || status >= 500;

const reason = (problem) => (problem.status >= 500 ? problem.message : "The upload was interrupted.");

export class Upload {
  // progress({ received, waiting }): waiting is a message while there is no connection, else null.
  constructor(file, progress) {
    this.file = file;
    this.path = null;
    this.received = 0;
    this.progress = progress;
    this.request = null;
    this.removed = false;
    this.done = this.run();
    this.done.catch(() => {}); // told where it is awaited
  }

  async run() {
    let wait = FIRST_PAUSE;
    while (this.received < this.file.size || this.path === null) {
      try {
        if (this.path === null) await this.find();
        if (this.received < this.file.size) await this.sendPiece();
        wait = FIRST_PAUSE;
      } catch (problem) {
        if (this.removed) throw new Problem(0, "The upload was removed.");
        if (problem.status === 404) this.startOver();
        else if (!isPassing(problem)) throw problem;
        else {
          this.progress({ received: this.received, waiting: `${reason(problem)} It goes on as soon as it can.` });
          await pause(wait);
          wait = Math.min(2 * wait, LONGEST_PAUSE);
          await this.ask();
        }
      }
    }
    return this.path;
  }

  async find() {
    const known = remembered()[fingerprint(this.file)];
    if (known) {
      this.path = known.path;
      await this.ask();
      if (this.path) return;
    }
    const response = await send("POST", PATH, {
      headers: { ...TUS, "Upload-Length": String(this.file.size), "Upload-Metadata": `filename ${encoded(this.file.name)}` },
    });
    this.path = new URL(response.headers.get("Location"), location.href).pathname;
    this.received = 0;
    const { name, size } = this.file;
    remember((uploads) => {
      uploads[fingerprint(this.file)] = { path: this.path, name, size };
    });
  }

  // How far it has come; an upload that is gone is begun anew.
  async ask() {
    if (this.path === null) return;
    try {
      this.received = (await getJson(this.path)).received;
      this.progress({ received: this.received, waiting: null });
    } catch (problem) {
      if (problem.status === 404) this.startOver();
      else if (!isPassing(problem)) throw problem;
    }
  }

  startOver() {
    forget(this.path);
    this.path = null;
    this.received = 0;
  }

  sendPiece() {
    const start = this.received;
    const piece = this.file.slice(start, start + PIECE);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch can't tell how much was sent
      this.request = request;
      request.open("PATCH", this.path);
      request.setRequestHeader("Content-Type", "application/offset+octet-stream");
      request.setRequestHeader("Upload-Offset", String(start));
      request.setRequestHeader("Tus-Resumable", TUS["Tus-Resumable"]);
      request.upload.addEventListener("progress", (event) => {
        this.progress({ received: start + event.loaded, waiting: null });
      });
      request.addEventListener("load", () => {
        if (request.status !== 204) {
          reject(refusal(request));
          return;
        }
        this.received = Number(request.getResponseHeader("Upload-Offset"));
        this.progress({ received: this.received, waiting: null });
        resolve();
      });
      for (const way of ["error", "abort", "timeout"]) {
        request.addEventListener(way, () => reject(new Problem(0, UNREACHABLE)));
      }
      request.send(piece);
    });
  }

  async remove() {
    this.removed = true;
    this.request?.abort();
    if (this.path) await discard(this.path);
  }
}

// Removes an upload from the server; that it may be gone already doesn't matter.
export const discard = async (path) => {
  forget(path);
  await send("DELETE", path, { headers: TUS }).catch(() => {});
};

const refusal = (request) => {
  let members = {};
  try {
    members = JSON.parse(request.responseText);
  } catch {
    // no problem document
  }
  return new Problem(request.status, members.detail ?? `The server answered with ${request.status}.`, members);
};
