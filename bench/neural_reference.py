"""The reference libraries on the pairs of a file, as a user calls them: writes one score a line.

python neural_reference.py PAIRS.jsonl MODEL_FOLDER sbert|bertscore LAYER OUT      (packages: neural-requirements.txt)
"""
import json
import sys


def sbert(model, references, hypotheses, _layer):
    from sentence_transformers import SentenceTransformer, util

    encoder = SentenceTransformer(model, device="cpu")
    return util.pairwise_cos_sim(encoder.encode(references), encoder.encode(hypotheses)).tolist()


def bertscore(model, references, hypotheses, layer):
    import bert_score

    return bert_score.score(hypotheses, references, model_type=model, num_layers=layer, device="cpu")[2].tolist()


if __name__ == "__main__":
    path, model, work, layer, out = sys.argv[1:]
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    score = {"sbert": sbert, "bertscore": bertscore}[work]
    scores = score(model, [r["reference"] for r in rows], [r["hypothesis"] for r in rows], int(layer))
    with open(out, "w", encoding="utf-8") as file:
        file.writelines(f"{value}\n" for value in scores)
