/** Longer answers describe something, whatever they begin with. */
const TOO_LONG = 300;

/** What may stand before the words that decline. Each matches at the beginning of what is left of a sentence. */
const LEAD_INS: readonly RegExp[] = [
  /^(?:(?:i'm|i am|we're|we are)\s+)?(?:(?:very|so|really|truly|deeply|terribly)\s+)?sorry(?:\s+for (?:the|any) (?:inconvenience|confusion))?\b/,
  /^(?:my\s+)?(?:sincere\s+)?apologies\b/,
  /^(?:i|we)\s+apologi[sz]e(?:\s+for (?:the|any) (?:inconvenience|confusion))?\b/,
  /^(?:unfortunately|regrettably|i'm afraid|i am afraid)\b/,
  /^(?:as|i'm|i am)\s+(?:just\s+|only\s+)?(?:an?\s+)?(?:ai|artificial intelligence|(?:large\s+)?language model|text-based)\b[^,.;]{0,60}?(?=,|\s+and\b|\s+i\b)/,
  /^(?:for|due to|because of|to (?:protect|respect))\s[^,.;]{0,60}(?=,)/,
  /^(?:but|however|and|so|that(?=\s+(?:i|we)\b))\b/,
  /^[\s,:;–—-]+/,
  /^(?:很|非常|十分|实在)?(?:对不起|抱歉|遗憾)/,
  /^作为(?:一个|一名|一款)?(?:人工智能|ai|语言模型|大型语言模型)[^，。；]{0,20}/,
  /^(?:但是|但|不过|出于[^，。；]{0,20}|由于[^，。；]{0,20}|因此|所以|，|、)/,
];

const UNWILLING =
  "(?:(?:i|we)\\s+)?(?:(?:simply|just)\\s+)?(?:can't|cannot|can not|could not|couldn't|won't|will not|am unable to|are unable to|am not able to|are not able to|will not be able to|won't be able to|am not (?:allowed|permitted) to|do(?:n't| not) have the (?:ability|capability|capacity) to|must decline to|have to decline to|decline to|refuse to|would rather not|'d rather not|prefer not to)|(?:i|we)'(?:m|re) (?:unable to|not able to|not (?:allowed|permitted) to)";

const TASK = "(?:that|this|it|(?:the|this|that|these|those|your|such(?: an?)?|any|an?)\\s+(?:\\w+\\s+)?";
const PICTURE = "(?:images?|pictures?|photos?|photographs?)";

/** What declining sentences say once their lead-in is off. */
const DECLINES: readonly RegExp[] = [
  says("(?:help|assist)(?:\\s+you)?(?:\\s+(?:with|in|to)\\b|$)"),
  says(`(?:comply|engage|proceed|continue)(?:\\s+with\\b|$)`),
  says(
    `(?:fulfil|fulfill|complete|process|answer|respond to|do|support|discuss|comment on)\\s+${TASK}(?:requests?|questions?|tasks?|topics?|${PICTURE}|content))(?![\\w-])`,
  ),
  says(
    `(?:describe|analy[sz]e|interpret|process|view|see|access|open|display|look at|examine)\\s+(?:(?:or|and)\\s+\\w+\\s+)?(?:(?:the|this|that|these|those|your|any|an?|such)\\s+)?(?:(?:actual|attached|provided|uploaded|visual|explicit)\\s+)?${PICTURE}(?!'s|\\s+(?:clearly|fully|entirely|properly|well|in|at|without|of|beyond|any))\\b`,
  ),
  says(`(?:describe|analy[sz]e|interpret)\\s+(?:this|that|it|(?:this|such|the)(?: kind of| type of)? content)$`),
  says(
    `(?:provide|give|offer|generate|create|share|produce)\\s+(?:you\\s+(?:with\\s+)?)?(?:that|this|(?:(?:the|this|that|an?|any|such|further)\\s+)?(?:assistance|help|description|descriptions|analysis|response)(?!\\s+beyond)|(?:that|this|the requested|such) (?:information|content))\\b`,
  ),
  says(
    `(?:identify|identifying|recogni[sz]e|name)\\s+(?:(?:the|this|that|these|those|any|real|specific|an?|who)\\s+)*(?:person|people|individuals?|face|faces|someone|anyone)(?![\\w-])`,
  ),
  says("(?:say|tell you|reveal|disclose)\\s+who\\b"),
  /^(?:(?:i|we)\s+)?(?:must|have to|need to|will have to|respectfully)\s+(?:respectfully\s+)?decline\b/,
  /^(?:i'm|i am)\s+not\s+comfortable\s+(?:with\s+)?(?:describing|analy[sz]ing|discussing|identifying|helping|providing|doing|answering|continuing|this|that)\b/,
  /^(?:that|this)(?:'s|\s+is)\s+(?:not\s+something|something)\s+(?:that\s+)?i\s*(?:can't|cannot|can|am able to|won't|will not)\s+(?:help|assist|do|describe|discuss)\b/,
  /^(?:this|that|the|your)\s+(?:(?:request|image|content|picture|photo)\s+)?(?:violates|goes against|is against|may violate|conflicts with)\s+(?:my|our|the)\b/,
  /^(?:我们?)?(?:无法|不能|不可以|没法|不便)[^，]{0,6}(?:帮助|协助|回答|满足|完成|处理|执行|描述|分析|识别|辨认|查看|讨论|提供)(?:[^，]{0,8}(?:请求|问题|任务|内容|图片|图像|照片|帮助|服务|人物|身份|您|你))?$/,
];

/** Sentences that go with a refusal and describe nothing: excuses, reasons, offers. */
const BESIDE: readonly RegExp[] = [
  /^$/,
  /^(?:please|feel free|let me know|if (?:you|there)|is there|would you|could you|can you|how (?:else )?can i|thank)\b/,
  /^(?:i'd|i would|i'm|i am|i'll|i will)\s+(?:also\s+)?(?:be\s+)?(?:happy|glad|here|more than happy)\b/,
  /^i\s+(?:can|could)\s+(?:help|assist)\b/,
  /^(?:it|this|that|doing so|my|identifying|describing|providing|sharing|such|the request|the content)\b.*\b(?:privacy|polic(?:y|ies)|guidelines|ethical|unethical|consent|harmful|inappropriate|violates?|against)\b/,
  /^(?:如果|如有|若|请|谢谢|感谢|欢迎|您可以|你可以|这(?:涉及|违反|可能))/,
];

/** After one of these a sentence goes on to say what it can. */
const TURNS =
  /\b(?:but|however|though|although|yet|while|except|instead)\b|但|不过|然而|可以看到|图中(?:有|是|的)|画面/;

/**
 * Whether an answer of under 300 characters does nothing but decline the task. Every sentence of it must decline or
 * belong to a refusal; one sentence that could describe the picture makes it an answer.
 */
export function declinesTask(answer: string): boolean {
  if (answer.length >= 2 * TOO_LONG || [...answer].length >= TOO_LONG) return false;
  const sentences = answer
    .replace(/[’‘]/g, "'")
    .replace(/[*_#>`]/g, "")
    .toLowerCase()
    .split(/[.!?。！？；;\n]+/);
  const kinds = sentences.map((sentence) => kindOf(sentence.trim()));
  return kinds.includes("declines") && !kinds.includes("describes");
}

function kindOf(sentence: string): "declines" | "beside" | "describes" {
  const said = withoutLeadIns(sentence);
  const declining = DECLINES.find((pattern) => pattern.test(said));
  if (declining !== undefined) {
    const turn = TURNS.exec(said);
    if (turn === null) return "declines";
    const rest = withoutLeadIns(said.slice(turn.index + turn[0].length).trim());
    return isBeside(rest) ? "declines" : "describes";
  }
  return isBeside(said) ? "beside" : "describes";
}

function isBeside(said: string): boolean {
  return BESIDE.some((pattern) => pattern.test(said));
}

function withoutLeadIns(sentence: string): string {
  let left = sentence;
  for (;;) {
    const before = left;
    for (const leadIn of LEAD_INS) left = left.replace(leadIn, "");
    if (left === before) return left;
  }
}

/** A sentence that says it cannot or will not, and then this. */
function says(task: string): RegExp {
  return new RegExp(`^(?:${UNWILLING})\\s+${task}`);
}
