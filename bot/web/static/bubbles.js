// In a chat the customer's bubbles come one after another, at the pace of the mood.
const MOST = 2400; // milliseconds for all bubbles together
const still = matchMedia("(prefers-reduced-motion: reduce)");
let hurry = null;

/** Show at once what is still being typed. */
export const flush = () => hurry?.();

function pauses(bubbles, anger) {
  // Somebody angry types short bursts; somebody calm takes their time.
  const wished = bubbles.map((bubble) => Math.min(1100, 250 + 12 * bubble.textContent.length) * (1.3 - 0.9 * anger));
  const all = wished.reduce((sum, pause) => sum + pause, 0);
  return wished.map((pause) => pause * Math.min(1, MOST / all));
}

/**
 * Let a message appear; resolves when it is complete.
 * The message is put in its place with its first bubble; each bubble is added to the page once, so it is read out once.
 */
export function appear(message, put, typing, anger) {
  const bubbles = [...message.querySelectorAll(".bubble > p")];
  if (still.matches || !bubbles.length) {
    put();
    return Promise.resolve();
  }
  const waits = pauses(bubbles, anger);
  for (const bubble of bubbles) bubble.hidden = true;
  typing.hidden = false;
  return new Promise((done) => {
    let next = 0;
    let timer;
    const one = () => {
      bubbles[next].hidden = false;
      if (next === 0) put();
      next += 1;
      if (next < bubbles.length) return;
      typing.hidden = true;
      hurry = null;
      done();
    };
    const later = () => { timer = setTimeout(() => { one(); if (next < bubbles.length) later(); }, waits[next]); };
    hurry = () => {
      clearTimeout(timer);
      while (next < bubbles.length) one();
    };
    later();
  });
}
