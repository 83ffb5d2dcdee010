// A button that copies one text.

const buttons = new WeakMap();

export default function ({ data, parentElement }) {
  let made = buttons.get(parentElement);
  if (!made) {
    const button = element("button", "tool wide", { type: "button" });
    const say = element("span", "label", { "aria-live": "polite" });
    say.textContent = data.label;
    button.append(icon("copy"), say);
    made = { text: data.text };
    copyButton(button, say, () => made.text);
    buttons.set(parentElement, made);
    parentElement.append(button);
  }
  made.text = data.text;
}
