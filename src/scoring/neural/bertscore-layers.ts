/** The layer bert_score 0.3.13 takes for a model (its `model2layers`), for the families that can be built here. */
const LAYERS: Readonly<Record<string, number>> = {
  "bert-base-uncased": 9,
  "bert-large-uncased": 18,
  "bert-base-cased-finetuned-mrpc": 9,
  "bert-base-multilingual-cased": 9,
  "bert-base-chinese": 8,
  "roberta-base": 10,
  "roberta-large": 17,
  "roberta-large-mnli": 19,
  "roberta-base-openai-detector": 7,
  "roberta-large-openai-detector": 15,
  "allenai/scibert_scivocab_uncased": 8,
  "allenai/scibert_scivocab_cased": 9,
  "nfliu/scibert_basevocab_uncased": 9,
  "distilroberta-base": 5,
  "distilbert-base-uncased": 5,
  "distilbert-base-uncased-distilled-squad": 4,
  "distilbert-base-multilingual-cased": 5,
  "xlm-roberta-base": 9,
  "xlm-roberta-large": 17,
  "google/bert_uncased_L-2_H-128_A-2": 1,
  "google/bert_uncased_L-2_H-256_A-4": 1,
  "google/bert_uncased_L-2_H-512_A-8": 1,
  "google/bert_uncased_L-2_H-768_A-12": 2,
  "google/bert_uncased_L-4_H-128_A-2": 3,
  "google/bert_uncased_L-4_H-256_A-4": 3,
  "google/bert_uncased_L-4_H-512_A-8": 3,
  "google/bert_uncased_L-4_H-768_A-12": 3,
  "google/bert_uncased_L-6_H-128_A-2": 5,
  "google/bert_uncased_L-6_H-256_A-4": 5,
  "google/bert_uncased_L-6_H-512_A-8": 5,
  "google/bert_uncased_L-6_H-768_A-12": 5,
  "google/bert_uncased_L-8_H-128_A-2": 7,
  "google/bert_uncased_L-8_H-256_A-4": 7,
  "google/bert_uncased_L-8_H-512_A-8": 6,
  "google/bert_uncased_L-8_H-768_A-12": 7,
  "google/bert_uncased_L-10_H-128_A-2": 8,
  "google/bert_uncased_L-10_H-256_A-4": 8,
  "google/bert_uncased_L-10_H-512_A-8": 9,
  "google/bert_uncased_L-10_H-768_A-12": 8,
  "google/bert_uncased_L-12_H-128_A-2": 10,
  "google/bert_uncased_L-12_H-256_A-4": 11,
  "google/bert_uncased_L-12_H-512_A-8": 10,
  "google/bert_uncased_L-12_H-768_A-12": 9,
  "vinai/bertweet-base": 9,
  "microsoft/mpnet-base": 8,
  "SpanBERT/spanbert-base-cased": 8,
  "SpanBERT/spanbert-large-cased": 17,
  "ProsusAI/finbert": 10,
  "princeton-nlp/unsup-simcse-bert-base-uncased": 10,
  "princeton-nlp/unsup-simcse-bert-large-uncased": 18,
  "princeton-nlp/unsup-simcse-roberta-base": 8,
  "princeton-nlp/unsup-simcse-roberta-large": 13,
  "princeton-nlp/sup-simcse-bert-base-uncased": 10,
  "princeton-nlp/sup-simcse-bert-large-uncased": 18,
  "princeton-nlp/sup-simcse-roberta-base": 10,
  "princeton-nlp/sup-simcse-roberta-large": 16,
  "dbmdz/bert-base-turkish-cased": 10,
  "dbmdz/distilbert-base-turkish-cased": 4,
};

/** Accounts the Hub moved models to that had none when the table was written. */
const ACCOUNTS = ["FacebookAI/", "google-bert/", "distilbert/"];

/** The layer of the first name that the table knows, and that name. Null where it knows none. */
export function tabledLayer(names: readonly string[]): { readonly layer: number; readonly name: string } | null {
  for (const name of names) {
    const account = ACCOUNTS.find((prefix) => name.startsWith(prefix)) ?? "";
    const known = name.slice(account.length);
    const layer = Object.hasOwn(LAYERS, known) ? LAYERS[known] : undefined;
    if (layer !== undefined) return { layer, name: known };
  }
  return null;
}
