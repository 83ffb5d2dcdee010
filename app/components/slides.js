// The slides of a carousel, put in order by dragging, or by the two buttons of each.

const decks = new WeakMap();

function makeDeck(parent) {
  const deck = { api: null, told: "", ids: [], dragged: null };
  deck.root = element("ol", "slides");
  deck.say = element("p", "say", { role: "status" });
  parent.append(deck.root, deck.say);
  return deck;
}

function makeSlide(deck, given, number, many) {
  const item = element("li", "slide", { draggable: "true" });
  const picture = element("img", "", { src: given.picture, alt: given.alt, draggable: "false" });
  const words = element("span", "words");
  words.textContent = given.text;
  const foot = element("div", "foot");
  const place = element("span", "place");
  place.textContent = `${number + 1}`;
  foot.append(
    mover(deck, given, number, -1, "earlier", number === 0),
    place,
    mover(deck, given, number, 1, "later", number === many - 1),
  );
  item.append(picture, words, foot);
  item.addEventListener("dragstart", (event) => {
    deck.dragged = given.id;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", given.text);
    item.classList.add("dragged");
  });
  item.addEventListener("dragend", () => {
    deck.dragged = null;
    for (const other of deck.root.children) other.classList.remove("dragged", "over");
  });
  item.addEventListener("dragover", (event) => {
    if (!deck.dragged) return; // a photo from elsewhere is none of the slides
    event.preventDefault();
    item.classList.add("over");
  });
  item.addEventListener("dragleave", () => item.classList.remove("over"));
  item.addEventListener("drop", (event) => {
    if (!deck.dragged) return;
    event.preventDefault();
    move(deck, deck.dragged, number);
  });
  return item;
}

function mover(deck, given, number, step, label, disabled) {
  const button = element("button", `tool ${label}`, { type: "button", title: `Move ${label}` });
  button.setAttribute("aria-label", `Move ${label}: ${given.name}`);
  button.append(icon(label));
  button.disabled = disabled;
  button.onclick = () => {
    move(deck, given.id, number + step);
    const again = deck.root.children[number + step];
    const wanted = again.querySelector(`.${label}`);
    (wanted.disabled ? again.querySelector(".tool:enabled") : wanted)?.focus();
    deck.say.textContent = `${given.name}: slide ${number + step + 1}`;
  };
  return button;
}

function move(deck, id, place) {
  const slides = deck.slides.filter((slide) => slide.id !== id);
  slides.splice(place, 0, deck.slides.find((slide) => slide.id === id));
  draw(deck, slides);
  deck.api.setStateValue(
    "order",
    slides.map((slide) => slide.id),
  );
}

function draw(deck, slides) {
  deck.slides = slides;
  deck.root.replaceChildren(...slides.map((slide, number) => makeSlide(deck, slide, number, slides.length)));
}

export default function (component) {
  const { data, parentElement } = component;
  let deck = decks.get(parentElement);
  if (!deck) decks.set(parentElement, (deck = makeDeck(parentElement)));
  deck.api = component;
  deck.root.setAttribute("aria-label", data.about);
  const told = JSON.stringify(data.slides);
  if (told === deck.told) return;
  deck.told = told;
  if (JSON.stringify(deck.slides) !== told) draw(deck, data.slides);
}
