// Habits of the page Suggest: shortcuts for whoever has a keyboard, told of under "?", and pictures that are pasted from
// the clipboard or dropped anywhere on the page.

const CARDS = '[class*="st-key-card-"]';
const FIELD = ".st-key-drop input[type=file]";
const SHORTCUTS = [
  ["n", "Next photo"],
  ["p", "Previous photo"],
  ["c", "Copy its first caption, or the one that you are at"],
  ["h", "Mark it as a favourite"],
  ["r", "More ideas"],
  ["u", "Undo"],
  ["?", "These shortcuts"],
];
const habits = new WeakMap();

// Also what is inside of other components.
function deep(root, selector) {
  const found = root.querySelector(selector);
  if (found) return found;
  for (const inner of root.querySelectorAll("*")) {
    const deeper = inner.shadowRoot && deep(inner.shadowRoot, selector);
    if (deeper) return deeper;
  }
  return null;
}

function focused() {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}

function types(target) {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable=true], [role=combobox]");
}

function currentCard(habit) {
  const cards = [...document.querySelectorAll(CARDS)];
  const inside = cards.find((card) => card.contains(document.activeElement));
  if (inside) return inside;
  return cards.find((card) => card === habit.card) || cards[0];
}

function step(habit, by) {
  const cards = [...document.querySelectorAll(CARDS)];
  if (!cards.length) return;
  const at = cards.findIndex((card) => card.contains(document.activeElement) || card === habit.card);
  habit.card = cards[at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + by))];
  habit.card.tabIndex = -1;
  habit.card.focus({ preventScroll: true });
  habit.card.scrollIntoView({ block: "start", behavior: "smooth" });
}

// The tool of the caption that somebody is at, or of the card's first one.
function useTool(habit, name) {
  const card = currentCard(habit);
  const row = focused()?.closest(".row") || (card && deep(card, ".captions .row"));
  row?.querySelector(`.${name}`)?.click();
}

function press(habit, key) {
  const button = currentCard(habit)?.querySelector(`[class*="st-key-${key}-"] button`);
  if (button && !button.disabled) button.click();
}

const DEEDS = {
  n: (habit) => step(habit, 1),
  p: (habit) => step(habit, -1),
  c: (habit) => useTool(habit, "copy"),
  h: (habit) => useTool(habit, "heart"),
  r: (habit) => press(habit, "again"),
  u: (habit) => press(habit, "undo"),
  "?": (habit) => habit.help.showModal(),
};

function onKey(habit, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  const deed = DEEDS[event.key];
  if (!deed || types(event.composedPath()[0])) return;
  if (document.querySelector('[role="dialog"]') || habit.help.open) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // Streamlit has some of its own, such as r to run the page again
  deed(habit);
}

// Pictures go the same way as those that are chosen in the field.
function give(files, pasted) {
  const field = document.querySelector(FIELD);
  const pictures = [...files].filter((file) => file.type.startsWith("image/") || !pasted);
  if (!field || !pictures.length) return false;
  const moment = new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", ".");
  const all = new DataTransfer();
  pictures.forEach((file, number) => {
    const ending = file.name.includes(".") ? file.name.slice(file.name.lastIndexOf(".")) : ".png";
    const name = `pasted ${moment}${number ? ` ${number + 1}` : ""}${ending}`;
    all.items.add(pasted ? new File([file], name, { type: file.type }) : file);
  });
  field.files = all.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function hasFiles(event) {
  return [...(event.dataTransfer?.types || [])].includes("Files");
}

function makeHabits(parent) {
  const habit = { card: null, stop: new AbortController() };
  const button = element("button", "tool wide help", { type: "button", title: "Keyboard shortcuts (?)" });
  button.textContent = "Shortcuts ?";
  habit.help = element("dialog", "shortcuts", { "aria-label": "Keyboard shortcuts" });
  const list = element("dl", "keys");
  for (const [key, what] of SHORTCUTS) {
    const term = element("dt", "");
    const cap = element("kbd", "");
    cap.textContent = key;
    term.append(cap);
    const told = element("dd", "");
    told.textContent = what;
    list.append(term, told);
  }
  const note = element("p", "note");
  note.textContent = "Paste a picture with Ctrl+V, or drop photos anywhere on the page.";
  const close = element("button", "tool wide", { type: "button" });
  close.textContent = "Close";
  close.onclick = () => habit.help.close();
  habit.help.append(list, note, close);
  button.onclick = () => habit.help.showModal();
  parent.append(button, habit.help);

  const always = { signal: habit.stop.signal };
  window.addEventListener("keydown", (event) => onKey(habit, event), { ...always, capture: true });
  document.addEventListener(
    "paste",
    (event) => {
      const { files } = event.clipboardData || { files: [] };
      if (files.length && give(files, true)) event.preventDefault();
    },
    always,
  );
  document.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault(), always);
  document.addEventListener(
    "drop",
    (event) => {
      if (!hasFiles(event) || event.target.closest?.(".st-key-drop")) return;
      event.preventDefault();
      give(event.dataTransfer.files, false);
    },
    { ...always, capture: true }, // before the field itself turns away what was dropped beside it
  );
  return habit;
}

export default function ({ parentElement }) {
  if (!habits.has(parentElement)) habits.set(parentElement, makeHabits(parentElement));
  return () => {
    if (parentElement.isConnected) return;
    habits.get(parentElement)?.stop.abort();
    habits.delete(parentElement);
  };
}
