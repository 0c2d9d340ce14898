// The desk works without this. It adds two conveniences to the message for the group: copying it, and the phone's own
// way to share.
for (const box of document.querySelectorAll('[data-share]')) {
  const field = document.getElementById(box.dataset.share);
  const copy = box.querySelector('[data-act="copy"]');
  const share = box.querySelector('[data-act="share"]');
  const label = copy.textContent;
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      document.execCommand('copy');
    }
    copy.textContent = box.dataset.copied;
    setTimeout(() => {
      copy.textContent = label;
    }, 2500);
  });
  if (navigator.share)
    share.addEventListener('click', () => navigator.share({ text: field.value }).catch(() => {}));
  else share.remove();
  box.hidden = false;
}
