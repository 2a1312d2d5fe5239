// Hints and the switch for feedback, without loading the page anew.
import { post, say, showProblem, trouble, words } from "./common.js";

/** Send a form by script; returns the answer's page, or null after saying what went wrong. */
async function ask(form, button) {
  const body = new FormData(form);
  button.disabled = true;
  try {
    const answer = await post(form.action, body);
    if (answer.ok) {
      showProblem();
      return answer.page;
    }
    showProblem(trouble(answer));
  } catch {
    say(words("offline"), words("again"));
  } finally {
    button.disabled = false;
  }
  return null;
}

document.getElementById("hints")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.querySelector("button").disabled) return;
  const page = await ask(form, event.submitter ?? form.querySelector("button"));
  const list = document.getElementById("hint-list");
  if (!page || !form.isConnected) return; // a reply was faster: these hints were for the one before
  // Only what is new is added, so that only that is read out.
  list.append(...[...page.querySelectorAll(".hint")].slice(list.children.length));
  form.replaceWith(page.getElementById("hint-form"));
  const next = document.querySelector("#hint-form button");
  if (next) return next.focus();
  list.lastElementChild.tabIndex = -1;
  list.lastElementChild.focus();
});

document.getElementById("status").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.querySelector("button").disabled) return;
  const page = await ask(form, event.submitter ?? form.querySelector("button"));
  if (!page || !form.isConnected) return;
  const status = document.getElementById("status");
  status.replaceChildren(...page.body.childNodes);
  status.querySelector(".feedback-switch button")?.focus();
});
