// Captions to read and copy: those of an entry in the history.

const kept = new WeakMap();

export default function ({ data, parentElement }) {
  const told = JSON.stringify(data);
  if (kept.get(parentElement) === told) return;
  kept.set(parentElement, told);
  const list = element("ul", "kept", { "aria-label": data.about });
  for (const { text, favourite } of data.rows) {
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
    item.append(words, button);
    list.append(item);
  }
  parentElement.querySelector("ul")?.remove();
  parentElement.append(list);
}
