// The page works without this: the address is suggested by the server too, and the zone can be chosen.
const chapter = document.getElementById('chapter');
const slug = document.getElementById('slug');
const zone = document.getElementById('timeZone');
let own = slug.value !== '';
slug.addEventListener('input', () => {
  own = slug.value !== '';
});
chapter.addEventListener('input', () => {
  if (own) return;
  slug.value = chapter.value
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-+|-+$/g, '');
});
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (chapter.value === '' && [...zone.options].some((option) => option.value === here)) zone.value = here;
