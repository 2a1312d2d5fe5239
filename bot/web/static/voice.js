// The customer's words read aloud by the browser's own voice, in their mood.
import { agree, anger, local, session, stage } from "./common.js";

const speech = window.speechSynthesis;
const bar = document.getElementById("voice");
const toggle = document.getElementById("voice-on");
const again = document.getElementById("voice-again");
const notice = document.getElementById("voice-notice");
const box = document.getElementById("text");
const PAUSE = 700; // milliseconds of a stage direction such as [Pause]
const BREATH = 250; // between paragraphs

let run = 0; // counts readings, so that one that was stopped does not go on
let speaking = false;
let current = null; // browsers forget an utterance that nothing refers to

const german = () => speech.getVoices().filter((voice) => /^de([-_]|$)/i.test(voice.lang));
/** A voice of this device if there is one: a remote voice means that the text is sent to the browser's maker. */
const voice = () => german().find((one) => one.localService) ?? german()[0];
const mayUse = (one) => Boolean(one) && (one.localService || local.get("voice") === "remote");
const isOn = () => Boolean(local.get("voice")) && mayUse(voice());
export const isSpeaking = () => speaking;

const sentences = (text) => Intl.Segmenter
  ? [...new Intl.Segmenter("de", { granularity: "sentence" }).segment(text)].map((piece) => piece.segment.trim()).filter(Boolean)
  : [text];

/** What there is to say, in order: sentences, and pauses for what is heard but not said. */
function pieces(message) {
  const found = [];
  for (const line of message.querySelectorAll(".bubble p")) {
    if (found.length) found.push(BREATH);
    for (const node of line.childNodes) {
      if (node.nodeType === Node.ELEMENT_NODE && node.matches(".direction")) found.push(PAUSE);
      else found.push(...sentences(node.textContent.trim()));
    }
  }
  return found;
}

const wait = (time) => new Promise((done) => setTimeout(done, time));
const utter = (text) => new Promise((done) => {
  const mood = anger();
  current = new SpeechSynthesisUtterance(text);
  current.voice = voice();
  current.lang = current.voice.lang;
  current.rate = 0.9 + 0.35 * mood;
  current.pitch = 0.9 + 0.3 * mood;
  current.volume = 0.7 + 0.3 * mood;
  current.onend = current.onerror = done;
  speech.speak(current);
});

export function hush() {
  run += 1;
  speaking = false;
  if (speech?.speaking || speech?.pending) speech.cancel();
}

async function read(message) {
  hush();
  if (!message || !mayUse(voice())) return;
  const mine = run;
  speaking = true;
  session.set("spoken", `${stage.dataset.conversation} ${message.id}`);
  for (const piece of pieces(message)) {
    await (typeof piece === "number" ? wait(piece) : utter(piece));
    if (mine !== run) return;
  }
  speaking = false;
}

const latest = () => [...document.querySelectorAll(".message.customer")].at(-1);

function fit() {
  bar.hidden = !voice();
  toggle.checked = isOn();
  again.hidden = !toggle.checked;
}

if (speech && bar) {
  toggle.addEventListener("change", async () => {
    if (!toggle.checked) {
      local.drop("voice");
      hush();
      return fit();
    }
    const found = voice();
    if (!found.localService) {
      toggle.checked = false;
      if (!await agree(notice)) return;
    }
    local.set("voice", found.localService ? "local" : "remote");
    fit();
    read(latest());
  });
  again.addEventListener("click", () => read(latest()));
  stage.addEventListener("customer", (event) => { if (isOn()) read(event.detail); });
  for (const name of ["sending", "dictating", "held"]) stage.addEventListener(name, hush);
  box?.addEventListener("input", hush);
  addEventListener("pagehide", hush);

  const arrived = () => {
    fit();
    // The first words of a call. A browser that wants a click first stays silent; then there is the button.
    const first = latest();
    if (isOn() && box && !speaking && session.get("spoken") !== `${stage.dataset.conversation} ${first.id}`) read(first);
  };
  speech.addEventListener?.("voiceschanged", arrived); // voices may come late
  arrived();
}
