// Leaves empty fields out of a GET form, so that the address of a search holds what is searched and nothing else.

document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [name, value] of [...event.formData]) {
    if (value === "") event.formData.delete(name);
  }
});
