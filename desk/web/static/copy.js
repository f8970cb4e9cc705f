/* A button that copies what stands in a field. Without a script it isn't there, and the text can be selected.

     <button type="button" data-copy="id-of-a-field" data-copied="Copied" hidden>Copy</button>
     <span role="status"></span>      right after it: says that it was copied, and how to do it by hand if it was not

     data-copy-failed                 what is said if the browser does not let us */
(() => {
  "use strict";

  const LONG_ENOUGH = 4000;

  const copy = async (field) => {
    field.focus();
    field.select();
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(field.value);
    } else if (!document.execCommand("copy")) {
      throw new Error("not allowed");
    }
  };

  for (const button of document.querySelectorAll("button[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    const says = button.nextElementSibling;
    let later = 0;
    button.hidden = false;
    button.addEventListener("click", async () => {
      clearTimeout(later);
      try {
        await copy(field);
        says.textContent = button.dataset.copied;
        button.focus();
        later = setTimeout(() => (says.textContent = ""), LONG_ENOUGH);
      } catch {
        field.select();
        says.textContent = button.dataset.copyFailed;
      }
    });
  }
})();
