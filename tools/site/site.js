// The search over the guides and the API reference.
addEventListener("DOMContentLoaded", () => {
  // deno-lint-ignore no-undef
  new PagefindUI({
    element: "#search",
    showImages: false,
    showSubResults: true,
    pageSize: 8,
  });
});
