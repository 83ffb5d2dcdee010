// Shared by the components: a small element maker, icons, and the clipboard.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  copy: "M8 3h9a2 2 0 0 1 2 2v11M5 7h8a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2z",
  done: "M4 12.5l5.5 5.5L20 6.5",
  heart: "M12 20.5C5 15 2.5 11.6 2.5 8.3A4.8 4.8 0 0 1 7.3 3.5c2 0 3.7 1 4.7 2.8 1-1.8 2.7-2.8 4.7-2.8a4.8 4.8 0 0 1 4.8 4.8c0 3.3-2.5 6.7-9.5 12.2z",
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
    try {
      await toClipboard(text());
      say.textContent = "Copied";
      button.classList.add("done");
      button.querySelector("path").setAttribute("d", ICONS.done);
    } catch {
      say.textContent = "Press Ctrl+C";
    }
    later = setTimeout(() => {
      say.textContent = label;
      button.classList.remove("done");
      button.querySelector("path").setAttribute("d", ICONS.copy);
    }, 1600);
  };
}
