import { nameToEmoji } from 'gemoji';

/**
 * Where the table Hugo 0.111.3 uses (kyokomi/emoji) has another emoji for one of GitHub's names, mostly another default
 * gender or no variation selector. Absent: the Unicode names it knows beside GitHub's, such as :grinning_face:.
 */
const namesInHugo: Readonly<Record<string, string>> = {
  frowning_face: '☹',
  no_good: '🙅\u200d♀\ufe0f',
  information_desk_person: '💁\u200d♀\ufe0f',
  raising_hand: '🙋\u200d♀\ufe0f',
  cop: '👮\u200d♂\ufe0f',
  detective: '🕵',
  construction_worker: '👷\u200d♂\ufe0f',
  bride_with_veil: '👰',
  mage: '🧙\u200d♀\ufe0f',
  fairy: '🧚\u200d♀\ufe0f',
  vampire: '🧛\u200d♀\ufe0f',
  merperson: '🧜\u200d♂\ufe0f',
  elf: '🧝\u200d♂\ufe0f',
  genie: '🧞\u200d♂\ufe0f',
  zombie: '🧟\u200d♂\ufe0f',
  massage: '💆\u200d♀\ufe0f',
  haircut: '💇\u200d♀\ufe0f',
  walking: '🚶\u200d♂\ufe0f',
  runner: '🏃\u200d♂\ufe0f',
  dancers: '👯\u200d♀\ufe0f',
  surfer: '🏄\u200d♂\ufe0f',
  rowboat: '🚣\u200d♂\ufe0f',
  swimmer: '🏊\u200d♂\ufe0f',
  bicyclist: '🚴\u200d♂\ufe0f',
  mountain_bicyclist: '🚵\u200d♂\ufe0f',
  family: '👨\u200d👩\u200d👦',
  speaking_head: '🗣',
  dove: '🕊',
  mountain_snow: '🏔',
  beach_umbrella: '⛱',
  houses: '🏘',
  derelict_house: '🏚',
  motorcycle: '🏍',
  cloud_with_lightning_and_rain: '⛈',
  sun_behind_small_cloud: '🌤',
  sun_behind_large_cloud: '🌥',
  sun_behind_rain_cloud: '🌦',
  cloud_with_rain: '🌧',
  cloud_with_snow: '🌨',
  cloud_with_lightning: '🌩',
  wind_face: '🌬',
  umbrella: '☂\ufe0f',
  snowman: '☃\ufe0f',
  tickets: '🎟',
  framed_picture: '🖼',
  telephone: '☎',
  computer_mouse: '🖱',
  envelope: '✉',
  email: '✉\ufe0f',
  ballot_box: '🗳',
  fountain_pen: '🖋',
  pen: '🖊',
  paintbrush: '🖌',
  crayon: '🖍',
  pencil: '✏',
  spiral_notepad: '🗒',
  spiral_calendar: '🗓',
  paperclips: '🖇',
  dagger: '🗡',
  clamp: '🗜',
  balance_scale: '⚖',
  satellite: '🛰\ufe0f',
  radioactive: '☢',
  biohazard: '☣',
  om: '🕉',
  next_track_button: '⏭',
  play_or_pause_button: '⏯',
  pause_button: '⏸',
  stop_button: '⏹',
  record_button: '⏺',
  eject_button: '⏏',
  m: 'ⓜ\ufe0f',
  white_flag: '🏳',
};

const emojiCodePattern = /:[-+_a-zA-Z0-9]+:/g;

/** Replaces `:smile:` by the emoji. Hugo does it before Markdown, so in code and in HTML too. A code nobody knows stays, and takes its second colon with it. */
export function replaceEmojiCodes(text: string): string {
  return text.replace(emojiCodePattern, (code) => emojiOf(code.slice(1, -1)) ?? code);
}

function emojiOf(name: string): string | undefined {
  if (Object.hasOwn(namesInHugo, name)) return namesInHugo[name];
  return Object.hasOwn(nameToEmoji, name) ? nameToEmoji[name] : undefined;
}
