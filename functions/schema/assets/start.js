// The document's address is fixed: nothing in the page's own address replaces it.
SwaggerUIBundle({
  url: "/api/schema/",
  dom_id: "#docs",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  queryConfigEnabled: false,
  validatorUrl: null,
  tryItOutEnabled: true,
});
