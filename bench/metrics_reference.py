"""The reference libraries on the pairs of a file, one thread: one JSON line of seconds for a piece of work.

python metrics_reference.py PAIRS.jsonl rouge|tfidf-pair|tfidf-corpus COUNT      (packages: metrics-requirements.txt)
"""
import json
import sys
import time

import numpy as np


def rouge(pairs):
    from rouge_score import rouge_scorer

    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    return lambda: [scorer.score(reference, hypothesis)["rougeL"].fmeasure for reference, hypothesis in pairs]


def tfidf_pair(pairs):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_similarity

    def score():
        cosines = []
        for pair in pairs:
            weights = TfidfVectorizer().fit_transform(pair)
            cosines.append(cosine_similarity(weights[0], weights[1])[0, 0])
        return cosines

    return score


def tfidf_corpus(pairs):
    from sklearn.feature_extraction.text import TfidfVectorizer

    def score():
        texts = [reference for reference, _ in pairs] + [hypothesis for _, hypothesis in pairs]
        weights = TfidfVectorizer().fit_transform(texts)
        return np.asarray(weights[: len(pairs)].multiply(weights[len(pairs) :]).sum(axis=1)).ravel()

    return score


def main():
    path, work, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(count))]
    score = {"rouge": rouge, "tfidf-pair": tfidf_pair, "tfidf-corpus": tfidf_corpus}[work]([(r["reference"], r["hypothesis"]) for r in rows])
    wall, cpu = time.perf_counter(), time.process_time()
    scores = score()
    print(json.dumps({"pairs": len(rows), "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "mean": float(np.mean(scores))}))


main()
