// A file of its own, loaded before the styles: the content security policy allows no inline script.
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  function apply() {
    const choice = stored();
    const system = prefersDark.matches ? "dark" : "light";
    root.dataset.theme = choice === "light" || choice === "dark" ? choice : system;
  }

  apply();
  prefersDark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("muniment:theme", apply);
})();
