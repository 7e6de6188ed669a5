// What the pages do beyond forms and links: keys, zoom, and the focus after a decision.
// Everything works without it.
"use strict";

const first = (selector, within = document) => within.querySelector(selector);
const openFields = () => [...document.querySelectorAll(".field.open")];

// The value that keys are for: the one with the focus, or the first that waits.
function current() {
  const focused = document.activeElement && document.activeElement.closest(".field");
  return focused || openFields()[0] || null;
}

// What is larger than the window, as at 400 % zoom, is read from its head.
function goTo(element) {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: element.offsetHeight > innerHeight ? "start" : "nearest" });
}

function move(step) {
  const fields = openFields();
  if (!fields.length) return;
  const at = fields.indexOf(document.activeElement.closest(".field"));
  const next = at < 0 ? (step > 0 ? 0 : fields.length - 1) : at + step;
  goTo(fields[Math.min(Math.max(next, 0), fields.length - 1)]);
}

// The place of the value at work is marked on the page, and comes into sight where the page has
// room of its own; on a small screen that would take the value itself out of sight.
function point(field) {
  document.querySelectorAll(".marks .at").forEach((mark) => mark.classList.remove("at"));
  const mark = field.dataset.mark && first(`.marks [data-number="${CSS.escape(field.dataset.mark)}"]`);
  if (!mark) return;
  mark.classList.add("at");
  const scrolls = getComputedStyle(mark.closest(".paper")).position === "sticky";
  if (scrolls) mark.scrollIntoView({ block: "nearest", inline: "nearest" });
}
document.addEventListener("focusin", (event) => {
  const field = event.target.closest(".field");
  if (field) point(field);
});

// What is said is read aloud; what went wrong is shown as well, until something else is said.
function say(text, isWrong = false) {
  const line = first("#said");
  if (!line) return;
  line.textContent = text;
  line.classList.toggle("problem", isWrong);
}

// Zooming needs no new page: the picture is large enough for every step.
function zoom(step) {
  const page = first("[data-zoomed]");
  if (!page) return;
  const now = Math.min(Math.max(Number(page.dataset.zoomed) + step, 1), 4);
  page.setAttribute("class", `page zoom-${now}`);
  page.dataset.zoomed = now;
  document.querySelectorAll("input[name=zoom]").forEach((input) => { input.value = now; });
  if (current()) point(current());
  say(`Zoom ${now} of 4`);
}

// A place on the page, in its points: whatever the zoom and the turn, the picture knows.
function placeOn(page, event) {
  const group = first("g", page);
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(group.getScreenCTM().inverse());
}

// A word that is clicked, or a box that is drawn, becomes the value of the field at work. The server
// knows the words: hundreds of boxes in the page would make it slow.
async function pick(page, field, box) {
  const form = field && first("form[data-column]", field);
  const input = form && first("[name=text]", form);
  if (!input) { say("No value waits for a text.", true); return; }
  const query = new URLSearchParams({ box: box.join(","), column: form.dataset.column });
  // Without a connection there is no answer at all.
  const answer = await fetch(`${page.dataset.words}?${query}`).catch(() => null);
  if (!answer || !answer.ok) { say("The text could not be read. Load the page again.", true); return; }
  const found = await answer.json();
  const isChoice = input.tagName === "SELECT";
  // A word that is neither yes nor no chooses nothing.
  if (found.text && !(isChoice && found.problem)) {
    first("details", form).open = true;
    // A field for a date takes ISO dates only, and a page may say 03/04/2026.
    if (input.type === "date" && !/^\d{4}-/.test(found.text)) input.type = "text";
    input.value = isChoice ? (/^(y|true|1)/i.test(found.text) ? "yes" : "no") : found.text;
    input.focus();
  }
  say(found.problem || `${form.dataset.column}: ${found.text}`, Boolean(found.problem));
}

let drawing = null;
document.addEventListener("pointerdown", (event) => {
  const page = event.target.closest("[data-words]");
  if (!page || event.button !== 0 || !openFields().length) return;
  const mark = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  mark.setAttribute("class", "drawn");
  first("g", page).append(mark);
  drawing = { page, mark, from: placeOn(page, event), field: current() };
  if (event.pointerType === "mouse") event.preventDefault(); // the browser would drag the picture
});
document.addEventListener("pointermove", (event) => {
  if (!drawing) return;
  const { from, mark, page } = drawing;
  const to = placeOn(page, event);
  const sides = { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(from.x - to.x), height: Math.abs(from.y - to.y) };
  Object.entries(sides).forEach(([name, value]) => mark.setAttribute(name, value));
});
document.addEventListener("pointerup", (event) => {
  if (!drawing) return;
  const { from, mark, page, field } = drawing;
  const to = placeOn(page, event);
  mark.remove();
  drawing = null;
  pick(page, field, [from.x, from.y, to.x, to.y].map((side) => side.toFixed(1)));
});
// A finger that scrolls draws nothing.
document.addEventListener("pointercancel", () => { if (drawing) { drawing.mark.remove(); drawing = null; } });

function press(key) {
  const field = current();
  const found = (field && first(`[data-key="${CSS.escape(key)}"]`, field))
    || [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => !one.closest(".field"))
    || (key === "u" && [...document.querySelectorAll('[data-key="u"]')].pop());
  if (!found) return false;
  if (found.tagName === "DETAILS") {
    found.open = key === "e" ? true : !found.open;
    const input = first("input, textarea, select, summary", key === "e" ? first("label", found) : found);
    if (input) input.focus();
    if (input && input.select) input.select();
  } else if (found.matches("select, input")) {
    found.focus();
  } else {
    found.click();
  }
  return true;
}

// A key that stays down repeats, and would decide on what has just come under it, unseen.
const DECIDING = ["Enter", "n", "x", "u", "s"];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const on = event.target;
  if (event.repeat && DECIDING.includes(event.key)) {
    const isTyped = on.matches("textarea") || (event.key !== "Enter" && on.matches("input, select"));
    if (!isTyped) event.preventDefault();
    return;
  }
  if (event.key === "Escape" && on.closest("details")) {
    on.closest("details").open = false;
    const field = on.closest(".field") || current();
    if (field) field.focus();
    return;
  }
  if (on.matches("input, textarea, select")) {
    // Enter in a corrected value writes that value, and not what was read.
    const correct = event.key === "Enter" && on.tagName !== "TEXTAREA" && on.closest(".field details");
    if (correct) {
      event.preventDefault();
      first("button[value=correct]", correct).click();
    }
    return;
  }
  // Buttons and links keep their own Enter.
  if (event.key === "Enter" && on.matches("button, a, summary")) return;
  if (press(event.key)) event.preventDefault();
});

// The second click of a double click would meet the value that took the place of the first.
document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest("#panel form button")) event.preventDefault();
}, true);

document.addEventListener("click", (event) => {
  const zoomed = event.target.closest("[data-zoom]");
  if (zoomed) {
    event.preventDefault();
    zoom(Number(zoomed.dataset.zoom));
  }
  const moved = event.target.closest("[data-move]");
  if (moved) move(Number(moved.dataset.move));
});

// A browser shows a date in its own order: say in words which day it took it for.
document.addEventListener("input", (event) => {
  const said = event.target.type === "date" && first("[data-day]", event.target.parentElement);
  const at = said && event.target.valueAsDate;
  if (said) said.textContent = at ? at.toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" }) : "";
});

// After a decision the focus goes to the next value that waits, or on to the next record.
// Pages without such values keep the focus where it is.
function settle() {
  if (!first("#panel")) return;
  const said = first("#panel [data-said]");
  if (said) say(said.textContent.trim());
  const failed = first("#panel .bad") && first("#panel details[open] [name=text]");
  const next = failed || openFields()[0] || first("#next") || first("#main");
  if (next) goTo(next);
}

document.addEventListener("htmx:after:swap", settle);
document.addEventListener("DOMContentLoaded", settle);

// Copying code that is shown. Without it, the code can be selected.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const shown = document.getElementById(button.dataset.copy);
  shown.select();
  navigator.clipboard.writeText(shown.value).then(() => say("The code is copied."), () => say("Copy what is selected."));
});
