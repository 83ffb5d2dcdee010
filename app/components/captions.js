// Captions to edit in place. The text in the browser is the truth while somebody types; the server is told of it when
// the field is left, and soon after the last key. What another tab or the server itself has changed is taken over.

const QUIET = 900; // milliseconds without a key until the server is told
const lists = new WeakMap();
const clusters = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;

function graphemes(text) {
  return clusters ? [...clusters.segment(text)].length : [...text].length;
}

function makeRow(list, given) {
  const row = { id: given.id, favourite: given.favourite, revision: given.revision };
  row.item = element("li", "row");
  row.field = element("textarea", "text", { rows: "1", spellcheck: "true" });
  row.field.value = given.text;
  const draft = drafts.all()[row.id]; // typed before the page was drawn anew, and perhaps not heard of
  if (draft && draft.trim()) row.field.value = draft;
  row.before = row.field.value;
  row.count = element("span", "count", { role: "status" });

  const tools = element("div", "tools");
  row.copy = tool(tools, "copy", "Copy");
  copyButton(row.copy, row.copy.lastChild, () => row.field.value.trim());
  row.heart = tool(tools, "heart", "Favourite");
  row.heart.onclick = () => {
    row.favourite = !row.favourite;
    showFavourite(row);
    list.tell();
  };
  row.rewrites = list.rewrites.map(([how, label]) => {
    const button = tool(tools, how, label);
    button.onclick = () => {
      list.tell();
      list.api.setTriggerValue("rewrite", { id: row.id, how });
    };
    return { button, label };
  });

  const foot = element("div", "foot");
  foot.append(row.count);
  if (given.book) {
    const note = element("span", "note");
    note.textContent = "Caption book";
    foot.append(note);
  }
  foot.append(tools);
  row.item.append(row.field, foot);
  row.field.addEventListener("input", () => {
    fit(row);
    count(list, row);
    name(row);
    if (row.field.value.trim()) drafts.put(row.id, row.field.value.trim());
    clearTimeout(list.later);
    list.later = setTimeout(list.tell, QUIET);
  });
  row.field.addEventListener("focus", () => {
    if (row.field.value.trim()) row.before = row.field.value;
  });
  row.field.addEventListener("change", () => {
    if (!row.field.value.trim()) {
      row.field.value = row.before; // an emptied caption goes back to what it was
      drafts.put(row.id, row.before.trim());
      fit(row);
      count(list, row);
      name(row);
    }
    list.tell();
  });
  row.field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault(); // a caption is one line, however it is wrapped
      row.field.blur();
    }
  });
  showFavourite(row);
  return row;
}

// What a tool does, and to which caption.
function name(row) {
  const text = row.field.value.trim();
  row.copy.setAttribute("aria-label", `Copy: ${text}`);
  row.heart.setAttribute("aria-label", `Favourite: ${text}`);
  for (const { button, label } of row.rewrites) button.setAttribute("aria-label", `${label}: ${text}`);
}

function tool(tools, name, label) {
  const button = element("button", `tool ${name}`, { type: "button", title: label });
  const say = element("span", "say", { "aria-live": "polite" });
  say.textContent = label;
  button.append(icon(name), say);
  tools.append(button);
  return button;
}

function showFavourite(row) {
  row.heart.setAttribute("aria-pressed", String(row.favourite));
}

function fit(row) {
  row.field.style.height = "0";
  row.field.style.height = `${row.field.scrollHeight}px`;
}

function count(list, row) {
  const used = graphemes(row.field.value.trim());
  const over = used - list.limit;
  const words = over > 0 ? `${used}/${list.limit} · ${over} too many` : `${used}/${list.limit}`;
  if (row.count.textContent !== words) row.count.textContent = words;
  row.item.classList.toggle("over", over > 0);
  row.field.setAttribute("aria-invalid", String(over > 0));
}

// A text that this tab did not write: another tab's, or one that was rewritten or taken back.
function takeOver(list, row, given) {
  if (given.revision === row.revision) return;
  row.revision = given.revision;
  row.favourite = given.favourite;
  showFavourite(row);
  if (given.source === list.tab || row.field.matches(":focus")) return;
  row.field.value = row.before = given.text;
  drafts.put(row.id, given.text);
  list.told = JSON.stringify(list.standing());
}

function makeList(parent, { rewrites, tab }) {
  const list = { rows: [], told: "", later: 0, limit: 0, api: null, rewrites, tab };
  list.root = element("ol", "captions");
  list.standing = () =>
    list.rows
      .filter((row) => row.field.value.trim()) // while it is empty, it is what it was
      .map((row) => ({ id: row.id, text: row.field.value.trim(), favourite: row.favourite }));
  list.tell = () => {
    clearTimeout(list.later);
    const rows = list.standing();
    const told = JSON.stringify(rows);
    if (told === list.told) return;
    list.told = told;
    list.api.setStateValue("rows", rows);
  };
  list.sizes = new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width === list.width) return; // lines wrap anew only when the width changes
    list.width = contentRect.width;
    requestAnimationFrame(() => list.rows.forEach(fit));
  });
  list.sizes.observe(list.root);
  parent.append(list.root);
  return list;
}

export default function (component) {
  const { data, parentElement } = component;
  let list = lists.get(parentElement);
  if (!list) lists.set(parentElement, (list = makeList(parentElement, data)));
  list.api = component;
  list.limit = data.limit;
  list.tab = data.tab;
  const known = new Map(list.rows.map((row) => [row.id, row]));
  list.rows = data.rows.map((given) => known.get(given.id) || makeRow(list, given));
  if (!list.told) list.told = JSON.stringify(data.rows.map(({ id, text, favourite }) => ({ id, text, favourite })));
  list.rows.forEach((row, i) => {
    takeOver(list, row, data.rows[i]);
    drafts.heard(row.id, data.rows[i].text);
  });
  const items = list.rows.map((row) => row.item);
  if (items.length !== list.root.children.length || items.some((item, i) => item !== list.root.children[i])) {
    const focused = list.root.getRootNode().activeElement;
    list.root.replaceChildren(...items);
    if (focused && list.root.contains(focused)) focused.focus(); // it was taken out for a moment
  }
  list.root.setAttribute("aria-label", data.about);
  list.rows.forEach((row, i) => {
    row.field.setAttribute("aria-label", `Caption ${i + 1}`);
    fit(row);
    count(list, row);
    name(row);
  });
  list.tell(); // drafts
}
