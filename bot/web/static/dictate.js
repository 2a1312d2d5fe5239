// Dictation by the browser's own recognition: off until the trainee has read where their voice may go.
import { agree, local, stage, words } from "./common.js";

const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
const box = document.getElementById("text");
const button = document.getElementById("dictate");
const off = document.getElementById("dictate-off");
const notice = document.getElementById("dictate-notice");
const state = document.getElementById("dictate-state");
const heard = document.getElementById("dictate-heard");
// Where the page's policy shuts the microphone off, a button could only disappoint.
const mayListen = () => document.featurePolicy?.allowsFeature?.("microphone") ?? true;

let listening = null;
export const isListening = () => Boolean(listening);

/** Put words in at the caret; what stands there, selected or not, stays. */
function insert(text) {
  const at = box.selectionEnd;
  const before = box.value.slice(0, at);
  const after = box.value.slice(at);
  const said = text.trim();
  if (!said) return;
  const put = `${before && !/\s$/.test(before) ? " " : ""}${said}${after && !/^[\s.,!?;:]/.test(after) ? " " : ""}`;
  box.setRangeText(put, at, at, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

const ERRORS = {
  "not-allowed": "dictateNotAllowed",
  "service-not-allowed": "dictateNotAllowed",
  "audio-capture": "dictateNoMicrophone",
  "no-speech": "dictateNothing",
  network: "dictateNetwork",
  "language-not-supported": "dictateLanguage",
};

function fit() {
  button.setAttribute("aria-pressed", String(Boolean(listening)));
  off.hidden = !local.get("dictation");
  heard.textContent = "";
}

function stop() {
  const was = listening;
  listening = null; // what still comes in after this belongs to no reply
  was?.abort();
  fit();
}

function start() {
  const recognition = new Recognition();
  recognition.lang = "de-DE";
  recognition.continuous = true;
  recognition.interimResults = true;
  recognition.onresult = (event) => {
    if (listening !== recognition) return;
    let open = "";
    for (let i = event.resultIndex; i < event.results.length; i += 1) {
      const result = event.results[i];
      if (result.isFinal) insert(result[0].transcript);
      else open += result[0].transcript;
    }
    heard.textContent = open;
  };
  recognition.onerror = (event) => {
    if (listening === recognition && event.error !== "aborted") state.textContent = words(ERRORS[event.error] ?? "dictateFailed", event.error);
  };
  recognition.onend = () => {
    if (listening !== recognition) return;
    listening = null;
    if (state.textContent === words("dictateListening")) state.textContent = "";
    fit();
  };
  listening = recognition;
  state.textContent = words("dictateListening");
  stage.dispatchEvent(new CustomEvent("dictating"));
  try {
    recognition.start();
  } catch (error) {
    listening = null;
    state.textContent = words("dictateFailed", error.name);
  }
  fit();
}

if (Recognition && button && mayListen()) {
  button.hidden = false;
  fit();
  button.addEventListener("click", async () => {
    if (listening) {
      state.textContent = "";
      return stop();
    }
    if (!local.get("dictation")) {
      if (!await agree(notice)) return;
      local.set("dictation", true);
    }
    start();
  });
  off.addEventListener("click", () => {
    local.drop("dictation");
    stop();
    state.textContent = words("dictateOff");
    button.focus();
  });
  for (const name of ["sending", "held"]) stage.addEventListener(name, () => { if (listening) { state.textContent = ""; stop(); } });
  stage.addEventListener("ended", stop);
  addEventListener("pagehide", stop);
}
