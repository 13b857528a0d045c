/*
 * How models decline. Every pattern is held against the beginning of one sentence in plain words (small letters, "not"
 * written out). The cases are in fixtures/declined.jsonl; a new pattern comes with a line that declines and one that
 * only sounds like it, because an answer taken for a refusal is lost, and a refusal taken for an answer can be found.
 */

/** Taken off a sentence's beginning, one after another, before anything else is looked at. */
export const LEAD_INS: readonly RegExp[] = [
  /^[ ,:–—-]+/,
  /^(?:i am |we are )?(?:(?:very|so|really|truly|deeply|terribly) )?sorry(?: for (?:the|any) (?:inconvenience|confusion))?\b/,
  /^(?:i (?:sincerely )?apologi[sz]e|(?:my )?(?:sincere )?apologies)(?: for (?:the|any) (?:inconvenience|confusion))?\b/,
  /^(?:unfortunately|regrettably|i am afraid|no(?=,))/,
  /^(?:but|however|and|so|that(?= (?:i|we) ))\b/,
  /^(?:as|i am) (?:(?:just|only) )?(?:an? )?(?:ai|artificial intelligence|(?:large )?language model|text-based)\b[^,]{0,60}?(?=,| and\b| i\b)/,
  /^(?:for|due to|because of|to (?:protect|respect)) [^,]{0,60}(?=,)/,
  /^(?:很|非常|十分|实在)?(?:对不起|抱歉|遗憾)/,
  /^作为(?:一个|一名|一款)?(?:人工智能|ai|语言模型|大型语言模型)[^，]{0,20}/,
  /^(?:但是?|不过|因此|所以|(?:出于|由于)[^，]{0,20})/,
  /^[，、]/,
];

const CANNOT =
  "(?:(?:i|we) )?(?:(?:simply|just) )?(?:cannot|could not|will not|would (?:rather|prefer) not(?: to)?|(?:am |are |will )?not (?:be )?(?:able|allowed|permitted|going) to|do not have the (?:ability|capability|capacity) to|(?:(?:must|have to) )?(?:decline|refuse) to)";
const THIS = "(?:(?:the|this|that|these|those|your|such|any|an?) )*";
const PICTURE = "(?:image|picture|photo|photograph)s?";
const PERSON = "(?:person|people|individuals?|faces?|someone|anyone)";
const END = "(?: (?:for you|directly|here))?$";

/** What a sentence says that declines. */
export const DECLINES: readonly RegExp[] = [
  cannot(`(?:help|assist)(?: you)?(?: (?:with|in|to)\\b|${END})`),
  cannot(`(?:comply|engage|proceed|continue|respond|answer|participate)(?: (?:with|to|in)\\b|${END})`),
  cannot(`(?:do|answer|process|describe|discuss|analy[sz]e|interpret|support) (?:this|that|it|so)${END}`),
  cannot(
    `\\w+(?: (?:to|on|with))? ${THIS}(?:requested |kind of |type of )?(?:request|question|task|topic|content)s?\\b(?! of)`,
  ),
  cannot(
    `(?:describe|analy[sz]e|interpret|process|view|see|access|open|display|look at|examine|comment on)(?: (?:or|and) \\w+)? ${THIS}(?:(?:actual|attached|provided|uploaded|explicit) )?${PICTURE}(?! (?:clearly|fully|entirely|properly|well|in|at|without|of|beyond))(?!')\\b`,
  ),
  cannot(
    `(?:provide|give|offer|generate|create|share|produce|write)(?: you)?(?: with)? ${THIS}(?:(?:detailed|requested) )?(?:assistance|help|descriptions?|analysis|response|information)(?! (?:beyond|than))\\b`,
  ),
  cannot(
    `(?:identify|recogni[sz]e|name|determine|say|tell(?: you)?|reveal|disclose) ${THIS}(?:real |specific )*${PERSON}\\b`,
  ),
  cannot("(?:identify|recogni[sz]e|name|determine|say|tell(?: you)?|reveal|disclose) who\\b"),
  /^(?:(?:i|we) )?(?:(?:must|have to|need to|will have to|will|respectfully) )+(?:decline|refuse)\b/,
  /^i (?:am|do) not (?:feel )?comfortable (?:with )?(?:\w+ing|this|that)\b/,
  /^(?:that|this) is (?:not )?something (?:that )?i (?:can|cannot|will not|am not able to) (?:help|assist|do|describe|discuss)\b/,
  /^(?:this|that|the|your) (?:(?:request|image|content|picture|photo) )?(?:violates|goes against|is against|may violate|conflicts with) (?:my|our|the) (?:\w+ )*(?:polic(?:y|ies)|guidelines|rules|terms)\b/,
  /^(?:我们?)?(?:无法|不能|不可以|没法|不便)[^，]{0,6}(?:帮助|协助|回答|满足|完成|处理|执行|描述|分析|识别|辨认|查看|讨论|提供)(?:[^，]{0,8}(?:请求|问题|任务|内容|图片|图像|照片|帮助|服务|人物|身份|您|你))?$/,
];

/** Sentences that go with a refusal and describe nothing: an apology alone, offers, reasons. */
export const BESIDE: readonly RegExp[] = [
  /^$/,
  /^(?:please|feel free|let me know|if (?:you|there)|is there|would you|could you|can you|how (?:else )?can i|thank)\b/,
  /^i (?:am|would|will)(?: also)?(?: be)? (?:more than )?(?:happy|glad|here) to (?:help|assist|answer)\b/,
  /^i (?:can|could) (?:help|assist)\b/,
  /^(?:it|this|that|doing so|my|identifying|describing|providing|sharing|such|the request|the content)\b.*\b(?:privacy|polic(?:y|ies)|guidelines|ethical|unethical|consent|harmful|inappropriate|violates?)\b/,
  /^(?:如果|如有|若|请|谢谢|感谢|欢迎|您可以|你可以|这(?:涉及|违反|可能))/,
];

/** After one of these a sentence that began by declining goes on to say what it can. */
export const TURN =
  /\b(?:but|however|though|although|yet|while|except|instead|only)\b|但|不过|然而|可以看到|图中(?:有|是|的)|画面/;

function cannot(task: string): RegExp {
  return new RegExp(`^${CANNOT} ${task}`);
}
