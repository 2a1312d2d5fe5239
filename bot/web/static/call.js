// What makes a call a call: a clock that runs, holding the line, and silence that is heard.
import { id, session, stage, words } from "./common.js";
import { box, isSending, lock, silence } from "./composer.js";
import { isListening } from "./dictate.js";
import { isSpeaking } from "./voice.js";

// On the phone silence says something, and somebody who learns to handle calls should feel it, as the customer does. So
// where the clock runs, silence is first shown and then counts as a reply of nothing, to which the customer reacts. It never
// comes as a surprise: the line in the log stands a minute before, one key stops it, and it does not count while text stands
// in the box, on hold, while a voice speaks or the microphone listens, or while the trainee looks at another tab. After a few
// times the page gives up by itself, so that a forgotten tab does not end the call.
const SHOWN_AFTER = 25; // seconds
const SENT_AFTER = 60; // seconds more
const TIMES = 3; // in a row

const call = document.getElementById("call");
const clock = document.getElementById("call-clock");
const holdButton = document.getElementById("hold");
const heldFor = document.getElementById("held-for");
const state = document.getElementById("call-state");

const key = `call ${id}`;
const kept = { began: Date.now(), held: 0, silences: 0, ...session.get(key) };
const keep = (changes) => session.set(key, Object.assign(kept, changes));

function time(since) {
  const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

if (call && box) {
  keep({});
  call.hidden = false;

  const draw = () => {
    clock.textContent = time(kept.began);
    heldFor.textContent = kept.held ? words("holding", time(kept.held)) : "";
  };

  function hold(on) {
    keep({ held: on ? kept.held || Date.now() : 0 });
    call.classList.toggle("held", on);
    heldFor.hidden = !on;
    holdButton.textContent = words(on ? "holdEnd" : "hold");
    lock("hold", on);
    if (on) stage.dispatchEvent(new CustomEvent("held"));
    draw();
  }
  holdButton.addEventListener("click", () => {
    const on = !kept.held;
    hold(on);
    state.textContent = words(on ? "held" : "offHold");
    quiet = 0;
    if (!on) box.focus();
  });

  let quiet = 0; // seconds in which nothing was typed or said
  const log = document.getElementById("log");
  const busy = () => box.value || kept.held || document.hidden || isSending() || isSpeaking() || isListening() || document.querySelector("dialog[open]");
  document.addEventListener("input", () => { quiet = 0; });
  stage.addEventListener("customer", () => { quiet = 0; });
  stage.addEventListener("sending", () => keep({ silences: 0 }));

  async function listen() {
    if (stage.dataset.clock !== "on" || kept.silences >= TIMES) return;
    quiet = busy() ? 0 : quiet + 1;
    if (quiet === SHOWN_AFTER) {
      const item = document.createElement("li");
      const note = document.createElement("p");
      note.className = "line-note direction";
      note.setAttribute("role", "note");
      note.textContent = `[${words("silence")}]`;
      item.append(note);
      log.append(item);
      item.scrollIntoView({ block: "nearest" });
    } else if (quiet >= SHOWN_AFTER + SENT_AFTER) {
      quiet = 0;
      keep({ silences: kept.silences + 1 });
      await silence();
    }
  }

  const ticking = setInterval(() => { draw(); listen(); }, 1000);
  stage.addEventListener("ended", () => {
    clearInterval(ticking);
    session.drop(key);
    for (const part of call.querySelectorAll(".hold")) part.remove();
    state.textContent = "";
  });
  hold(Boolean(kept.held));
}
