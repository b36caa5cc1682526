addEventListener("DOMContentLoaded", () => {
  // The search over the guides and the API reference.
  // deno-lint-ignore no-undef
  new PagefindUI({
    element: "#search",
    showImages: false,
    showSubResults: true,
    pageSize: 8,
    // Guides are long, and pages of the reference are short.
    ranking: { pageLength: 0.2, termFrequency: 0.6 },
  });
  document.querySelector("#search input").ariaLabel = "Search";

  // People without a mouse can scroll code and tables, too.
  for (const element of document.querySelectorAll("pre, table")) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
  }
});
