// Makes the conversation page livelier. Without scripts every form works by itself.
import { again } from "./common.js";
import "./composer.js";
import "./hints.js";
import "./desk.js";
import "./voice.js";
import "./dictate.js";
import "./call.js";

// Coming back with the back button, the browser may show the page as it was: the conversation may have gone on since.
addEventListener("pageshow", (event) => { if (event.persisted) again(); });
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") again();
