/** The page's only script: filters, and everything open on paper. It reads the page and never writes markup. */
export const REPORT_SCRIPT = `
(() => {
  "use strict";
  const form = document.getElementById("filters");
  if (form === null) return;
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const cards = [...document.querySelectorAll("article.picture")].map((node) => ({
    node,
    about: textOf(node.querySelector(".about")),
    cells: [...node.querySelectorAll(".cell")].map((cell) => ({ node: cell, text: textOf(cell) })),
    details: [...node.querySelectorAll("details")].map((fold) => ({ fold, text: textOf(fold), opened: false })),
  }));

  /** Lower-cased once, when it is first searched. */
  function textOf(node) {
    let text = null;
    return () => (text ??= node.textContent.toLowerCase());
  }

  /** A card stays where one of its cells has the model, the outcome and, itself or its picture, the words. */
  function matches(card, wanted) {
    if (wanted.class !== "" && card.node.dataset.class !== wanted.class) return false;
    const aboutHasIt = wanted.text === "" || card.about().includes(wanted.text);
    let any = false;
    for (const cell of card.cells) {
      const ofModel = wanted.model === "" || cell.node.dataset.model === wanted.model;
      cell.node.hidden = !ofModel;
      if (any || !ofModel) continue;
      const ofOutcome = wanted.outcome === "" || cell.node.dataset.outcome === wanted.outcome;
      any = ofOutcome && (aboutHasIt || cell.text().includes(wanted.text));
    }
    return any;
  }

  function openWhereFound(card, words) {
    for (const entry of card.details) {
      const found = words.length > 1 && entry.text().includes(words);
      if (found && !entry.fold.open) {
        entry.fold.open = true;
        entry.opened = true;
      } else if (!found && entry.opened) {
        entry.fold.open = false;
        entry.opened = false;
      }
    }
  }

  function apply() {
    const wanted = {
      text: form.elements.text.value.trim().toLowerCase(),
      outcome: form.elements.outcome.value,
      class: form.elements.class.value,
      model: form.elements.model.value,
    };
    let count = 0;
    for (const card of cards) {
      const fits = matches(card, wanted);
      card.node.hidden = !fits;
      if (fits) count += 1;
      openWhereFound(card, fits ? wanted.text : "");
    }
    const number = (value) => value.toLocaleString("en-US");
    shown.textContent = number(count) + " of " + number(cards.length) + " shown";
    none.hidden = count > 0;
  }

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  apply();

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const fold of folded) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
    folded = [];
  });
})();
`;
