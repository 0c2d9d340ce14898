import { decodeQR } from 'qr/decode.js';

// Reads codes with the phone's camera, in the page: by the browser's own reader where it has one.

const everyMs = 150;
/** A picture is read at this width at most: a code in front of the lens is large enough. */
const widest = 640;
/** The same code is not read again at once. */
const restMs = 2_500;

/** Opens the camera in a dialog. `read` is given each code and returns what to say. */
export async function openCamera(dialog, { words, read }) {
  const video = dialog.querySelector('video');
  const said = dialog.querySelector('p');
  let stream = null;
  let timer = 0;
  let isOpen = true;
  const close = () => dialog.close();
  const release = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  dialog.querySelector('button').addEventListener('click', close, { once: true });
  dialog.addEventListener(
    'close',
    () => {
      isOpen = false;
      clearTimeout(timer);
      release();
      video.srcObject = null;
    },
    { once: true },
  );
  said.textContent = words.looking;
  video.hidden = false;
  dialog.showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    if (!isOpen) {
      release();
      return;
    }
    video.srcObject = stream;
    await video.play();
  } catch {
    video.hidden = true;
    said.textContent = words.noCamera;
    return;
  }
  const decode = await reader();
  let last = { text: null, at: 0 };
  const look = async () => {
    const text = await decode(video).catch(() => null);
    if (!isOpen) return;
    if (text && (text !== last.text || Date.now() - last.at > restMs)) {
      said.textContent = read(text);
      navigator.vibrate?.(80);
    }
    if (text) last = { text, at: Date.now() };
    timer = setTimeout(look, everyMs);
  };
  look();
}

async function reader() {
  const formats = await window.BarcodeDetector?.getSupportedFormats?.().catch(() => []);
  if (formats?.includes('qr_code')) {
    const detector = new BarcodeDetector({ formats: ['qr_code'] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return async (video) => {
    if (!video.videoWidth) return null;
    const scale = Math.min(1, widest / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    return decodeQR({ data, width, height });
  };
}
