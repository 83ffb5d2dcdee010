// Shared by the components: a small element maker, icons, and the clipboard.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  copy: "M8 3h9a2 2 0 0 1 2 2v11M5 7h8a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2z",
  done: "M4 12.5l5.5 5.5L20 6.5",
  heart: "M12 20.5C5 15 2.5 11.6 2.5 8.3A4.8 4.8 0 0 1 7.3 3.5c2 0 3.7 1 4.7 2.8 1-1.8 2.7-2.8 4.7-2.8a4.8 4.8 0 0 1 4.8 4.8c0 3.3-2.5 6.7-9.5 12.2z",
  undo: "M4 9h10a5 5 0 0 1 0 10H8M4 9l4-4M4 9l4 4",
  shorter: "M3 12h7M21 12h-7M10 12l-3-3M10 12l-3 3M14 12l3-3M14 12l3 3",
  emoji: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 10h.01M15.5 10h.01M8 14.5a5 5 0 0 0 8 0",
  plain: "M5 6h14M12 6v13M4 20L20 4",
  earlier: "M15 5l-7 7 7 7",
  later: "M9 5l7 7-7 7",
  take: "M12 5v14M5 12h14",
  more: "M4 6h16M4 12h9M4 18h9M18 14v8M14 18h8",
};

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function element(tag, className, attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

async function toClipboard(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // A page that is served without encryption to another machine has no clipboard of its own.
  const field = element("textarea", "");
  field.value = text;
  field.style.cssText = "position:fixed;opacity:0";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("the browser does not allow it");
}

// A button whose label, seen or only read out, says for a moment that the text was copied.
function copyButton(button, say, text) {
  const label = say.textContent;
  let later = 0;
  button.onclick = async () => {
    clearTimeout(later);
    button.dataset.name ??= button.getAttribute("aria-label") ?? "";
    try {
      await toClipboard(text());
      say.textContent = "Copied";
      button.classList.add("done");
      button.querySelector("path").setAttribute("d", ICONS.done);
    } catch {
      say.textContent = "Press Ctrl+C";
    }
    if (button.dataset.name) button.setAttribute("aria-label", say.textContent);
    later = setTimeout(() => {
      say.textContent = label;
      if (button.dataset.name) button.setAttribute("aria-label", button.dataset.name);
      delete button.dataset.name;
      button.classList.remove("done");
      button.querySelector("path").setAttribute("d", ICONS.copy);
    }, 1600);
  };
}
