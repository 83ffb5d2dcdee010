// Captions to read and copy: those of an entry in the history, or of the caption book, which can also be taken over.

const kept = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const told = JSON.stringify(data);
  const before = kept.get(parentElement) || {};
  kept.set(parentElement, Object.assign(before, { api: component }));
  if (before.told === told) return;
  before.told = told;
  const list = element("ul", "kept", { "aria-label": data.about });
  for (const { text, favourite, note, taken } of data.rows) {
    const item = element("li", "line");
    const words = element("span", "words");
    words.textContent = text;
    const button = element("button", "tool copy", { type: "button", title: "Copy", "aria-label": `Copy: ${text}` });
    const say = element("span", "say", { "aria-live": "polite" });
    say.textContent = "Copy";
    button.append(icon("copy"), say);
    copyButton(button, say, () => text);
    if (favourite) {
      const heart = element("span", "heart", { role: "img", "aria-label": "Favourite" });
      heart.append(icon("heart"));
      item.append(heart);
    }
    item.append(words);
    if (note) {
      const said = element("span", "note");
      said.textContent = note;
      item.append(said);
    }
    item.append(button);
    if (data.takes) {
      const use = element("button", "tool take", { type: "button", title: "Use", "aria-label": `Use: ${text}` });
      use.append(icon("take"));
      use.disabled = Boolean(taken);
      use.onclick = () => before.api.setTriggerValue("take", text);
      item.append(use);
    }
    list.append(item);
  }
  parentElement.querySelector("ul")?.remove();
  parentElement.append(list);
}
